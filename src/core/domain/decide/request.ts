import type { RequestMethod, RequestRecord } from '../aggregate.ts';
import type { PlanMethod, PlanRequest } from '../plan-aggregate.ts';
import type { Refusal } from '../refusal.ts';
import { refuse } from '../refusal.ts';

/** The content of a request in one canonical spelling: keys sorted, so that equal contents are equal strings. */
export function fingerprint(content: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(sorted(content));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** The refusal of a request id that was used for something else, naming what differs; null where it is the same request. */
export function refuseReuse(
  machineId: string,
  known: RequestRecord,
  method: RequestMethod,
  print: string,
): Refusal | null {
  if (known.method === method && known.fingerprint === print) return null;
  const differs = known.method === method ? differences(known.fingerprint, print) : `it was ${known.method}`;
  const run = known.runId === null ? '' : ` as run ${known.runId}`;
  return refuse(
    'ALREADY_EXISTS',
    'REQUEST_ID_REUSED',
    `request id ${known.requestId} was already used on ${machineId}${run}: ${differs}; send a new request id`,
    { machine_id: machineId, request_id: known.requestId, ...(known.runId === null ? {} : { run_id: known.runId }) },
  );
}

/** The refusal of a request id that was used on a plan for something else; null where it is the same request. */
export function refusePlanReuse(planId: string, known: PlanRequest, method: PlanMethod, print: string): Refusal | null {
  if (known.method === method && known.fingerprint === print) return null;
  const differs = known.method === method ? 'with another content' : `for ${known.method}`;
  return refuse(
    'ALREADY_EXISTS',
    'REQUEST_ID_REUSED',
    `request id ${known.requestId} was already used on ${planId} ${differs}; send a new request id`,
    { plan_id: planId, request_id: known.requestId },
  );
}

function differences(before: string, now: string): string {
  const old = flat(JSON.parse(before));
  const next = flat(JSON.parse(now));
  const keys = [...new Set([...old.keys(), ...next.keys()])].sort();
  const told = keys.filter((key) => old.get(key) !== next.get(key));
  return told.map((key) => `${key} was ${old.get(key) ?? 'not given'}, is ${next.get(key) ?? 'not given'}`).join(', ');
}

function flat(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) flat(inner, path === '' ? key : `${path}.${key}`, into);
  } else {
    into.set(path, JSON.stringify(value));
  }
  return into;
}
