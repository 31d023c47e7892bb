import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { anyPack, anyUnpack, durationFromMs, durationMs } from '@bufbuild/protobuf/wkt';
import type { ServiceError } from '@grpc/grpc-js';
import { Metadata } from '@grpc/grpc-js';
import type { RefusalReason } from '../core/domain/refusal.ts';
import { cut, cutEntries, cutList, detailsBudget, MAX_MESSAGE } from './errors-bounds.ts';
import { Code } from './gen/google/rpc/code_pb.ts';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from './gen/google/rpc/error_details_pb.ts';
import type { Status } from './gen/google/rpc/status_pb.ts';
import { StatusSchema } from './gen/google/rpc/status_pb.ts';

/** The domain of every ErrorInfo that this server sends. */
export const ERROR_DOMAIN = 'bmdemo';

/** A canonical gRPC code by its name; OK is none of the errors. */
export type CodeName = Exclude<keyof typeof Code, 'OK'>;

/** Why a call failed, as a word that is never renamed: the domain's refusals, and what the server itself refuses with. */
export type ErrorReason =
  | RefusalReason
  | 'SERVICE_NOT_FOUND'
  | 'BEFORE_HISTORY'
  | 'BAD_PLAN'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'TOO_MANY_REQUESTS'
  | 'SHUTTING_DOWN'
  | 'INTERNAL';

/** One field of the request and what is wrong with it. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** One thing that must be so and is not: `type` is a reason, `subject` names what it is about, such as `runs/ID`. */
export interface PreconditionViolation {
  readonly type: string;
  readonly subject: string;
  readonly description: string;
}

/** What the call was about. */
export interface ResourceInfo {
  /** `machine`, `run`, `plan` … */
  readonly type: string;
  readonly name: string;
  readonly description: string;
}

/** Everything that a client is told about a failure. Texts and lists that are too long for a trailer are cut. */
export interface RpcErrorInit {
  readonly code: CodeName;
  readonly reason: ErrorReason;
  /** One sentence: what, which, and what to do. */
  readonly message: string;
  /** What the sentence names, for programs: `run_id`, `machine_id` and the like. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly fieldViolations?: readonly FieldViolation[];
  readonly preconditionViolations?: readonly PreconditionViolation[];
  readonly resourceInfo?: ResourceInfo;
  /** How long to wait at least before the same call is made again. */
  readonly retryAfterMs?: number;
  /** Further details, packed; left out where they do not fit. */
  readonly details?: readonly Any[];
  /** What lies behind it; stays on the server. */
  readonly cause?: unknown;
}

/**
 * An error that a handler throws to refuse a call. Its details travel as google.rpc.Status in `grpc-status-details-bin`.
 *
 * @see https://google.aip.dev/193
 */
export class RpcError extends Error implements ServiceError {
  readonly code: number;
  /** The message, as it goes into the trailer. */
  readonly details: string;
  readonly metadata: Metadata;

  constructor(init: RpcErrorInit) {
    const message = cut(init.message, MAX_MESSAGE);
    super(message, { cause: init.cause });
    this.name = 'RpcError';
    this.code = Code[init.code];
    this.details = message;
    this.metadata = new Metadata();
    const details = withinBudget([...packDetails(init), ...(init.details ?? [])], detailsBudget(message));
    const status = create(StatusSchema, { code: this.code, message, details });
    this.metadata.set(DETAILS_KEY, Buffer.from(toBinary(StatusSchema, status)));
  }
}

/** An RpcError as it is; anything else as INTERNAL, with the error as its cause and nothing of it in the message. */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  return new RpcError({
    code: 'INTERNAL',
    reason: 'INTERNAL',
    message: 'The server failed at this call; its log says why.',
    cause: error,
  });
}

/** What can be read off a failed call. */
export interface ErrorDescription {
  readonly code: number;
  /** The canonical name of the code, such as `NOT_FOUND`. */
  readonly codeName: string;
  readonly message: string;
  /** An `ErrorReason`, or another server's word; empty where there is none. */
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly fieldViolations: readonly FieldViolation[];
  readonly preconditions: readonly PreconditionViolation[];
  readonly resource: ResourceInfo | null;
  readonly retryAfterMs: number | null;
}

/**
 * What a failed call says, whatever was thrown: errors without details keep code and message, an abort is CANCELLED,
 * and what did not come from gRPC at all is UNKNOWN.
 */
export function describeError(error: unknown): ErrorDescription {
  const { code, message } = codeAndMessage(error);
  const details = detailsOf(error);
  const info = find(details, ErrorInfoSchema);
  const resource = find(details, ResourceInfoSchema);
  const retry = find(details, RetryInfoSchema);
  return {
    code,
    codeName: CODE_NAMES.get(code) ?? `CODE_${code}`,
    message,
    reason: info?.reason ?? '',
    metadata: info?.metadata ?? {},
    fieldViolations:
      find(details, BadRequestSchema)?.fieldViolations.map(({ field, description }) => ({ field, description })) ?? [],
    preconditions:
      find(details, PreconditionFailureSchema)?.violations.map(({ type, subject, description }) => ({
        type,
        subject,
        description,
      })) ?? [],
    resource: resource && {
      type: resource.resourceType,
      name: resource.resourceName,
      description: resource.description,
    },
    retryAfterMs: retry?.retryDelay === undefined ? null : durationMs(retry.retryDelay),
  };
}

/** An error as a message, for answers that tell of several. */
export function statusOf(error: RpcError): Status {
  const details = [...detailsOf(error)];
  return create(StatusSchema, { code: error.code, message: error.details, details });
}

/** The first detail of that type that a failed call carries, or null. */
export function errorDetail<Desc extends DescMessage>(error: unknown, desc: Desc): MessageShape<Desc> | null {
  return find(detailsOf(error), desc);
}

const DETAILS_KEY = 'grpc-status-details-bin';
const CODE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(Code).map(([name, code]) => [code, name]));

function packDetails(init: RpcErrorInit): Any[] {
  const info = { reason: init.reason, domain: ERROR_DOMAIN, metadata: cutEntries(init.metadata ?? {}) };
  const packed = [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, info))];
  const fieldViolations = cutList(init.fieldViolations ?? [], cutField, (rest) => ({ field: '', description: rest }));
  if (fieldViolations.length > 0) {
    packed.push(anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations })));
  }
  const violations = cutList(init.preconditionViolations ?? [], cutPrecondition, (rest) => ({
    type: '',
    subject: '',
    description: rest,
  }));
  if (violations.length > 0) {
    packed.push(anyPack(PreconditionFailureSchema, create(PreconditionFailureSchema, { violations })));
  }
  if (init.resourceInfo !== undefined) {
    const { type, name, description } = init.resourceInfo;
    const resource = { resourceType: cut(type), resourceName: cut(name), description: cut(description) };
    packed.push(anyPack(ResourceInfoSchema, create(ResourceInfoSchema, resource)));
  }
  if (init.retryAfterMs !== undefined) {
    const retryDelay = durationFromMs(init.retryAfterMs);
    packed.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })));
  }
  return packed;
}

/** Leaves out the details that do not fit, but never the first, which is the ErrorInfo. */
function withinBudget(details: readonly Any[], budget: number): Any[] {
  let used = 0;
  return details.filter((detail, index) => {
    const size = detail.value.length + detail.typeUrl.length;
    if (index > 0 && used + size > budget) return false;
    used += size;
    return true;
  });
}

function cutField({ field, description }: FieldViolation): FieldViolation {
  return { field: cut(field), description: cut(description) };
}

function cutPrecondition({ type, subject, description }: PreconditionViolation): PreconditionViolation {
  return { type: cut(type), subject: cut(subject), description: cut(description) };
}

function codeAndMessage(error: unknown): { code: number; message: string } {
  if (!(error instanceof Error)) return { code: Code.UNKNOWN, message: String(error) };
  if ('code' in error && typeof error.code === 'number' && 'details' in error && typeof error.details === 'string') {
    return { code: error.code, message: error.details };
  }
  return { code: error.name === 'AbortError' ? Code.CANCELLED : Code.UNKNOWN, message: error.message };
}

function detailsOf(error: unknown): readonly Any[] {
  if (!(error instanceof Error) || !('metadata' in error) || !(error.metadata instanceof Metadata)) return [];
  const bytes = error.metadata.get(DETAILS_KEY)[0];
  if (!(bytes instanceof Buffer)) return [];
  try {
    return fromBinary(StatusSchema, bytes).details;
  } catch {
    return []; // Details only add to the code and the message; broken ones must not hide those.
  }
}

function find<Desc extends DescMessage>(details: readonly Any[], desc: Desc): MessageShape<Desc> | null {
  for (const detail of details) {
    try {
      const message = anyUnpack(detail, desc);
      if (message !== undefined) return message;
    } catch {
      // As above: a broken detail is no detail.
    }
  }
  return null;
}
