import {
  LIMITS,
  machineIdFault,
  paramViolations,
  reasonFault,
  requestIdFault,
  textFault,
} from '../../core/domain/limits.ts';
import type { FieldViolation } from '../../core/domain/refusal.ts';
import type { RpcError } from '../../wire/errors.ts';
import { badFields } from './answers.ts';

/** The longest preview token, in characters: as many params as a run may have, each as long as it may be, escaped. */
const MAX_PREVIEW_TOKEN = 1 << 20;

/** What is wrong with the fields of a request, gathered so that a client is told all of it at once. */
export class FieldChecks {
  readonly #violations: FieldViolation[] = [];

  /** Notes what was found wrong elsewhere; null is nothing. */
  fault(field: string, description: string | null): this {
    if (description !== null) this.#violations.push({ field, description });
    return this;
  }

  /** A machine's name: required. */
  machineId(value: string, field = 'machine_id'): this {
    return this.fault(field, machineIdFault(value));
  }

  /** A request id: required, so that a call can be repeated. */
  requestId(value: string): this {
    return this.fault('request_id', requestIdFault(value));
  }

  /** The name of a run: required. An unknown one is not wrong in itself. */
  runId(value: string): this {
    return this.fault('run_id', value === '' ? 'is required' : textFault(value, LIMITS.requestId));
  }

  /** The name of a plan: required. An unknown one is not wrong in itself. */
  planId(value: string): this {
    return this.fault('plan_id', value === '' ? 'is required' : textFault(value, LIMITS.requestId));
  }

  /** The name of a step: required. */
  stepName(value: string): this {
    return this.fault('step', value === '' ? 'is required' : textFault(value, LIMITS.requestId));
  }

  /** A reason; `required` where the audit trail must have one. */
  reason(value: string, required = false): this {
    return this.fault('reason', reasonFault(value, required));
  }

  /** What a preview gave to start with; it is as long as what it was made of. */
  previewToken(value: string): this {
    return this.fault('preview_token', value === '' ? null : textFault(value, MAX_PREVIEW_TOKEN));
  }

  /** Values for a plan's params, before it is known which ones it takes. */
  params(params: Readonly<Record<string, string>>): this {
    for (const { field, description } of paramViolations(params)) this.fault(field, description);
    return this;
  }

  /**
   * Goes on where everything is as it should be.
   *
   * @throws RpcError INVALID_ARGUMENT with everything that is not
   */
  orRefuse(): void {
    if (this.#violations.length > 0) throw this.refusal();
  }

  /** The INVALID_ARGUMENT with everything that is not as it should be; there must be something. */
  refusal(): RpcError {
    return badFields(this.#violations);
  }
}
