import { z } from 'zod';
import type { Fault, FaultKind, Misbehaviour } from './fault.ts';

/** The most faults that a script may have. */
const MOST_FAULTS = 1_000;

/** The words for what goes wrong, and the options that each takes beside `machine`, `step`, `attempts` and `at`. */
const OPTIONS: Readonly<Record<FaultKind, readonly string[]>> = {
  fail: ['terminal', 'code', 'message'],
  hang: [],
  'ignore-abort': ['for'],
  lie: [],
  late: ['by'],
  throw: [],
  unknown: ['effect'],
};

const KINDS = Object.keys(OPTIONS) as readonly FaultKind[];

/** What every fault may have. */
const COMMON = ['machine', 'step', 'fault', 'attempts', 'at'];

/** Every key that a fault of some kind may have. */
const FAULT_KEYS: readonly string[] = [...COMMON, ...Object.values(OPTIONS).flat()];

/** The sentence for a value that is not there or not as it must be. */
function sentence(must: string) {
  return ({ input }: { readonly input?: unknown }) => (input === undefined ? `is missing: ${must}` : must);
}

/** Text or a number, read by a function that knows its form. */
function readBy<T>(parse: (text: string) => T | null, must: string) {
  return z.union([z.string(), z.number()], { error: sentence(must) }).transform((value, context): T => {
    const parsed = parse(String(value));
    if (parsed !== null) return parsed;
    context.addIssue(must);
    return z.NEVER;
  });
}

const text = (pattern: RegExp, must: string) => z.string({ error: sentence(must) }).regex(pattern, must);

const span = () => readBy(parseSpan, 'must be a time such as 500ms, 20s, 1.5m or 2h, at most 24h');

/** Every field in itself; which of them go together is for `faultMistakes` to say. */
const FAULT = z.strictObject(
  {
    machine: text(/^(\*|[a-z0-9.-]{1,63})$/, 'must be a machine id, or "*" for all'),
    step: text(/^[^\p{Cc}]{1,128}$/u, 'must be the name of a step, or "*" for all'),
    fault: z.enum(KINDS, { error: sentence(`must be one of ${KINDS.join(', ')}`) }),
    attempts: readBy(
      parseAttempts,
      'must be "all", a number N for the first N, or a range such as 2-3 or 2-',
    ).optional(),
    at: readBy(parseStage, 'must be a stage such as 3/6, the third of six').optional(),
    terminal: z.boolean('must be true or false').optional(),
    code: text(/^[A-Z][A-Z0-9_]{0,62}$/, 'must be a word such as DISK_DEAD').optional(),
    message: text(/^[^\p{Cc}]{1,1000}$/u, 'must be one line of at most 1,000 characters').optional(),
    for: span().optional(),
    by: span().optional(),
    effect: z.enum(['none', 'done', 'unclear'], 'must be none, done or unclear').optional(),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type' ? 'must be a map such as {machine: …, step: …, fault: …}' : undefined,
  },
);

const SCRIPT = z.strictObject(
  {
    faults: z
      .array(FAULT, { error: sentence('must be a list of faults') })
      .max(MOST_FAULTS, `must have at most ${MOST_FAULTS} faults`),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'must be a map with the key "faults"' : undefined) },
);

/** Something wrong at a place in the data. `key` tells that the key itself is wrong, not its value. */
export interface DataMistake {
  readonly path: readonly PropertyKey[];
  readonly key?: string;
  readonly message: string;
}

/** Faults, or everything that is wrong with the data that was to be them. */
export type Checked<T> =
  | { readonly kind: 'good'; readonly value: T }
  | { readonly kind: 'bad'; readonly mistakes: readonly DataMistake[] };

/** Reads a whole script from plain data. */
export function checkScript(data: unknown): Checked<readonly Fault[]> {
  const parsed = SCRIPT.safeParse(data);
  const rows = isRecord(data) && Array.isArray(data.faults) ? data.faults : [];
  const mistakes = [
    ...(parsed.error?.issues.flatMap(mistakesOf) ?? []),
    ...rows.slice(0, MOST_FAULTS).flatMap((row, index) => misplaced(row, ['faults', index])),
  ];
  if (mistakes.length > 0 || !parsed.success) return { kind: 'bad', mistakes };
  return { kind: 'good', value: parsed.data.faults.map(toFault) };
}

/** Reads one fault from plain data. */
export function checkFault(data: unknown): Checked<Fault> {
  const parsed = FAULT.safeParse(data);
  const mistakes = [...(parsed.error?.issues.flatMap(mistakesOf) ?? []), ...misplaced(data, [])];
  if (mistakes.length > 0 || !parsed.success) return { kind: 'bad', mistakes };
  return { kind: 'good', value: toFault(parsed.data) };
}

function mistakesOf(issue: z.core.$ZodIssue): readonly DataMistake[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
  return issue.keys.map((key) => ({ path: issue.path, key, message: 'is no key that belongs here' }));
}

/** The options of a fault that another kind takes, and those that its own kind cannot do without. */
function misplaced(row: unknown, path: readonly PropertyKey[]): readonly DataMistake[] {
  const kind = isRecord(row) ? KINDS.find((known) => known === row.fault) : undefined;
  if (!isRecord(row) || kind === undefined) return [];
  const takes = [...COMMON, ...OPTIONS[kind]];
  const others = Object.keys(row).filter((key) => FAULT_KEYS.includes(key) && !takes.includes(key));
  const wrong = others.map((key) => ({ path, key, message: `does not go with fault ${kind}` }));
  if (kind !== 'late' || row.by !== undefined) return wrong;
  return [...wrong, { path: [...path, 'by'], message: 'is missing: how late the answer is, such as 20s' }];
}

function toFault(row: z.infer<typeof FAULT>): Fault {
  return {
    machine: row.machine,
    step: row.step,
    attempts: row.attempts ?? { from: 1, to: null },
    at: row.at ?? null,
    misbehaviour: toMisbehaviour(row),
  };
}

function toMisbehaviour(row: z.infer<typeof FAULT>): Misbehaviour {
  switch (row.fault) {
    case 'fail':
      return { kind: 'fail', terminal: row.terminal ?? false, code: row.code ?? '', message: row.message ?? '' };
    case 'ignore-abort':
      return { kind: 'ignore-abort', forMs: row.for ?? null };
    case 'late':
      return { kind: 'late', byMs: row.by ?? 0 };
    case 'unknown':
      return { kind: 'unknown', effect: row.effect ?? 'none' };
    case 'hang':
    case 'lie':
    case 'throw':
      return { kind: row.fault };
  }
}

function parseAttempts(written: string): Fault['attempts'] | null {
  if (written === 'all') return { from: 1, to: null };
  const match = /^(\d{1,4})(?:(-)(\d{1,4})?)?$/.exec(written);
  if (match === null) return null;
  const [, first = '', dash, last] = match;
  const from = dash === undefined ? 1 : Number(first);
  const to = dash === undefined ? Number(first) : last === undefined ? null : Number(last);
  return from >= 1 && (to === null || to >= from) ? { from, to } : null;
}

function parseStage(written: string): Fault['at'] {
  const match = /^(\d{1,3})\/(\d{1,3})$/.exec(written);
  const stage = Number(match?.[1]);
  const of = Number(match?.[2]);
  return stage >= 1 && stage <= of ? { stage, of } : null;
}

function parseSpan(written: string): number | null {
  const match = /^(\d{1,8}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(written);
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[String(match?.[2])];
  if (match === null || unit === undefined) return null;
  const ms = Math.round(Number(match[1]) * unit);
  return ms <= 86_400_000 ? ms : null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
