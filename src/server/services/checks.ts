import type { FieldViolation } from '../../core/domain/refusal.ts';
import type { RpcError } from '../../wire/errors.ts';
import { badFields } from './answers.ts';

/** The longest texts that are taken, in characters. */
export const MAX_REQUEST_ID = 128;
/** The longest reason of a command, in characters. */
export const MAX_REASON = 1_024;
const MAX_PARAMS = 64;
const MAX_PARAM_NAME = 64;
const MAX_PARAM_VALUE = 4_096;
const MAX_ID = 128;

/** What is wrong with the fields of a request, gathered so that a client is told all of it at once. */
export class FieldChecks {
  readonly #violations: FieldViolation[] = [];

  /** Notes a fault that was found elsewhere. */
  fault(field: string, description: string): this {
    this.#violations.push({ field, description });
    return this;
  }

  /** A machine's name: required, at most 63 of [a-z0-9.-]. */
  machineId(value: string): this {
    if (value === '') return this.fault('machine_id', 'is required');
    if (/^[a-z0-9.-]{1,63}$/.test(value)) return this;
    return this.fault('machine_id', 'must be at most 63 of a-z, 0-9, "." and "-"');
  }

  /** A request id: required, so that a call can be repeated. */
  requestId(value: string): this {
    if (value === '') return this.fault('request_id', 'is required: with it the call can be repeated');
    return this.#text('request_id', value, MAX_REQUEST_ID);
  }

  /** The name of a run or a plan: required. An unknown one is not wrong in itself. */
  id(field: string, value: string): this {
    return value === '' ? this.fault(field, 'is required') : this.#text(field, value, MAX_ID);
  }

  /** A reason that may be left out. */
  reason(value: string): this {
    return this.#text('reason', value, MAX_REASON);
  }

  /** A reason for the audit trail that may not be left out. */
  requiredReason(value: string): this {
    return value.trim() === '' ? this.fault('reason', 'is required, for the audit trail') : this.reason(value);
  }

  /** Values for a plan's params, before it is known which ones it takes. */
  params(params: Readonly<Record<string, string>>): this {
    const entries = Object.entries(params);
    if (entries.length > MAX_PARAMS) return this.fault('params', `has more than ${MAX_PARAMS} entries`);
    for (const [name, value] of entries) {
      if (name.length > MAX_PARAM_NAME) {
        this.fault('params', `the name "${name.slice(0, 20)}…" is longer than ${MAX_PARAM_NAME} characters`);
      } else {
        this.#text(`params.${name}`, value, MAX_PARAM_VALUE);
      }
    }
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

  #text(field: string, value: string, max: number): this {
    if (value.length > max) return this.fault(field, `is longer than ${max} characters`);
    return value.includes('\0') ? this.fault(field, 'must not hold a NUL character') : this;
  }
}
