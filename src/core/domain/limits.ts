import type { FieldViolation } from './refusal.ts';

/** How long and how many the things are that clients send; lengths in characters. */
export const LIMITS = {
  machineId: 63,
  requestId: 128,
  reason: 1_024,
  source: 63,
  user: 64,
  etag: 64,
  provider: 63,
  rack: 63,
  model: 128,
  serial: 64,
  address: 512,
  clusterId: 128,
  credentialRef: 1_024,
  macAddresses: 32,
  labels: 64,
  labelKey: 128,
  labelValue: 256,
  params: 64,
  paramName: 64,
  paramValue: 4_096,
} as const;

/**
 * What must stand in no text: control characters, halves of a character, and what turns the direction of writing. A name
 * that holds one would not look like what it is, in a terminal least of all.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/u;
/** The same, but for tabs and line ends. */
const UNPRINTABLE_IN_LINES = /[^\P{Cc}\t\n\r]|[\p{Cs}\u2028-\u202e\u2066-\u2069]/u;

/** What is wrong with a text of one line, or null; an empty one is good. */
export function textFault(text: string, max: number): string | null {
  return faultOf(text, max, UNPRINTABLE);
}

/** What is wrong with a text that may have several lines, or null; an empty one is good. */
export function linesFault(text: string, max: number): string | null {
  return faultOf(text, max, UNPRINTABLE_IN_LINES);
}

function faultOf(text: string, max: number, unprintable: RegExp): string | null {
  if (text.length > max) return `is longer than ${max} characters`;
  const found = unprintable.exec(text);
  return found === null ? null : `has a character at ${found.index + 1} that cannot be printed`;
}

/** What is wrong with a machine's id, or null. */
export function machineIdFault(id: string): string | null {
  if (id === '') return 'is required';
  if (id.length > LIMITS.machineId) return `is longer than ${LIMITS.machineId} characters`;
  if (/[^a-z0-9.-]/.test(id)) return 'may hold a-z, 0-9, "." and "-" alone';
  return /^[a-z0-9].*[a-z0-9]$|^[a-z0-9]$/.test(id) ? null : 'must begin and end with a letter or a digit';
}

/** What is wrong with a request id, or null. */
export function requestIdFault(id: string): string | null {
  if (id.trim() === '') return 'is required: with it the call can be repeated';
  if (id !== id.trim()) return 'must not begin or end with a blank';
  return textFault(id, LIMITS.requestId);
}

/** What is wrong with the name of an inventory source, or null. */
export function sourceFault(name: string): string | null {
  if (name.length > LIMITS.source) return `is longer than ${LIMITS.source} characters`;
  return /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(name)
    ? null
    : 'may hold letters, digits, ".", "_" and "-" alone, and begins and ends with a letter or a digit';
}

/** What is wrong with the reason of a command, or null; `required` where the audit trail must have one. */
export function reasonFault(reason: string, required: boolean): string | null {
  if (required && reason.trim() === '') return 'is required, for the audit trail';
  return linesFault(reason, LIMITS.reason);
}

/** What is wrong with the name of a user, or null. */
export function userFault(name: string): string | null {
  if (name === '') return 'is required';
  if (name.length > LIMITS.user) return `is longer than ${LIMITS.user} characters`;
  return /^[A-Za-z0-9._@+\\:/-]+$/.test(name) ? null : 'may hold letters, digits and . _ @ + - \\ : / alone';
}

/** What is wrong with values for params, before it is known which ones the plan takes; all at once. */
export function paramViolations(params: Readonly<Record<string, string>>): readonly FieldViolation[] {
  const entries = Object.entries(params);
  if (entries.length > LIMITS.params)
    return [{ field: 'params', description: `has more than ${LIMITS.params} entries` }];
  return entries.flatMap(([name, value]) => {
    const field = `params.${shown(name)}`;
    const long = name.length > LIMITS.paramName ? `has a name of more than ${LIMITS.paramName} characters` : null;
    const description = long ?? textFault(name, LIMITS.paramName) ?? linesFault(value, LIMITS.paramValue);
    return description === null ? [] : [{ field, description }];
  });
}

/** What is wrong with a machine's labels; all at once, each under `path.KEY`. */
export function labelViolations(labels: Readonly<Record<string, string>>, path: string): readonly FieldViolation[] {
  const entries = Object.entries(labels);
  if (entries.length > LIMITS.labels) return [{ field: path, description: `has more than ${LIMITS.labels} entries` }];
  return entries.flatMap(([key, value]) => {
    const description = labelKeyFault(key) ?? textFault(value, LIMITS.labelValue);
    return description === null ? [] : [{ field: `${path}.${shown(key)}`, description }];
  });
}

function labelKeyFault(key: string): string | null {
  if (key.length > LIMITS.labelKey) return `has a key of more than ${LIMITS.labelKey} characters`;
  if (/^[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$/.test(key)) return null;
  return 'has a key that is not letters, digits, ".", "_", "/" and "-", with a letter or a digit at both ends';
}

/** A key as a field path names it: never long, never with characters that do something to a terminal. */
function shown(key: string): string {
  const short = key.length > 40 ? `${key.slice(0, 40)}…` : key;
  return short.replace(new RegExp(UNPRINTABLE, 'gu'), '?');
}
