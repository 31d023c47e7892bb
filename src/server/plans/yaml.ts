import type { Document, Node, YAMLError, YAMLMap } from 'yaml';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { NO_ACTION } from '../../core/domain/plan.ts';
import type { FieldViolation } from '../../core/domain/refusal.ts';
import { actionKeysOf, toDeclaration } from './declaration.ts';
import type { OtherViolations, PlanProblem, PlanRead } from './read.ts';
import { withViolations } from './read.ts';
import type { WrittenPlan } from './schema.ts';
import { ACTION_KEYS, PLAN_SCHEMA } from './schema.ts';

/** The longest document, in bytes of UTF-8. */
export const LONGEST_PLAN = 256 * 1024;

/** The most that a map or a list may have in it: no part of a plan has as many, and whatever is wrong is looked for in all of it. */
const MOST_ENTRIES = 1_000;
/** So many problems of what cannot be read are told; of the others, how many there are. */
const MOST_PROBLEMS = 1_000;

const TOO_MANY_ENTRIES = `has more than ${MOST_ENTRIES} entries, and no part of a plan has as many`;
const REPEATED_KEY = 'Map keys must be unique';
const NO_ALIASES = 'aliases are not taken here; write it out, or in quotes where a text begins with "*"';

const NO_KEY = 'is no key that belongs here';
const SECOND_ACTION = 'comes after another key that says what the step does, and a step does one thing';
/** What is said of a key, and not of what stands behind it. */
const WRONG_KEYS: ReadonlySet<string> = new Set([NO_KEY, SECOND_ACTION]);

/** Reads a plan from the text of a YAML document; `file` is what problems are told under. All of them are told at once. */
export function readPlanYaml(text: string, file: string, others: OtherViolations = () => []): PlanRead {
  if (Buffer.byteLength(text) > LONGEST_PLAN) {
    const message = `is ${Buffer.byteLength(text)} bytes long, and may be at most ${LONGEST_PLAN}`;
    return { kind: 'problems', problems: [{ file, line: 1, column: 1, field: '', message }] };
  }
  const lineCounter = new LineCounter();
  // Failsafe: every value is the text that was written. Keys are compared below: the parser compares each with each.
  const options = { lineCounter, prettyErrors: false, schema: 'failsafe', uniqueKeys: false } as const;
  const document = parseDocument(text, options);
  const problemAt = (offset: number, field: string, message: string): PlanProblem => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), field, message };
  };
  const broken = [
    ...[...document.errors, ...document.warnings].map((error) => problemAt(error.pos[0], '', syntaxMessage(error))),
    ...faultsOf(document).map(({ offset, message }) => problemAt(offset, '', message)),
  ];
  if (broken.length > 0) return { kind: 'problems', problems: inOrder(broken.slice(0, MOST_PROBLEMS)) };
  const read = readData(document.toJS(), others);
  if (read.kind === 'plan') return read;
  const problems = read.violations.map(({ field, description }) => {
    const offset = offsetOf(document.contents, field, WRONG_KEYS.has(description));
    return problemAt(offset, field, description);
  });
  if (read.untold > 0) problems.push(problemAt(text.length, '', `${read.untold} more of what is in it cannot be read`));
  return { kind: 'problems', problems: inOrder(problems) };
}

/** A `*` without quotes begins an alias, which is what the parser then complains of; and it says when it is out of room. */
function syntaxMessage({ code, message }: YAMLError): string {
  if (/^Maximum call stack/.test(message)) return 'is nested too deeply';
  return code === 'BAD_ALIAS' ? NO_ALIASES : message;
}

/** What is wrong with a document whatever it is about. */
interface DocumentFault {
  readonly offset: number;
  readonly message: string;
}

function faultsOf(document: Document.Parsed): readonly DocumentFault[] {
  const faults: DocumentFault[] = [];
  const note = (node: Node | null, message: string) => faults.push({ offset: node?.range?.[0] ?? 0, message });
  visit(document, {
    Alias: (_, alias) => void note(alias, NO_ALIASES),
    Collection: (_, collection) => {
      if (collection.items.length > MOST_ENTRIES) note(collection, TOO_MANY_ENTRIES);
      if (isMap(collection)) for (const key of repeatedKeys(collection)) note(key, REPEATED_KEY);
    },
  });
  return faults;
}

/** The keys of a map that come after the same key. */
function repeatedKeys({ items }: YAMLMap): readonly Node[] {
  const seen = new Set<string>();
  return items.flatMap(({ key }) => {
    if (!isScalar(key)) return [];
    const text = String(key.value);
    const isRepeated = seen.has(text);
    seen.add(text);
    return isRepeated ? [key] : [];
  });
}

type DataRead =
  | Extract<PlanRead, { kind: 'plan' }>
  /** `untold`: how many more could not be read than are told of. */
  | { readonly kind: 'violations'; readonly violations: readonly FieldViolation[]; readonly untold: number };

/** Reads a plan from plain data, in which every value is a text. */
function readData(written: unknown, others: OtherViolations): DataRead {
  if (!isRecord(written)) {
    const description = 'must be a map with the keys plan_id and steps';
    return { kind: 'violations', violations: [{ field: '', description }], untold: 0 };
  }
  const data = withBareActions(written);
  const parsed = PLAN_SCHEMA.safeParse(data);
  const issues = parsed.error?.issues ?? [];
  const plan = parsed.success ? parsed.data : PLAN_SCHEMA.parse(without(data, issues));
  const unread = [...issues.flatMap(violationsOf), ...actionViolations(plan, issues)];
  const declared = toDeclaration(plan);
  const told = unread.slice(0, MOST_PROBLEMS);
  const violations = [...withViolations(declared, told), ...others(declared)];
  if (violations.length === 0) return { kind: 'plan', declared };
  return { kind: 'violations', violations, untold: unread.length - told.length };
}

/** The same data where `drain:` with nothing behind it says as much as `drain: {}`. */
function withBareActions(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!Array.isArray(data.steps)) return data;
  const bare = (key: string, value: unknown) => value === '' && ACTION_KEYS.some((action) => action === key);
  const steps = data.steps.map((step: unknown) => {
    if (!isRecord(step)) return step;
    return Object.fromEntries(Object.entries(step).map(([key, value]) => [key, bare(key, value) ? {} : value]));
  });
  return { ...data, steps };
}

function violationsOf(issue: z.core.$ZodIssue): readonly FieldViolation[] {
  const place = pathText(issue.path);
  if (issue.code !== 'unrecognized_keys') return [{ field: place, description: issue.message }];
  return issue.keys.map((key) => ({
    field: place === '' ? key : `${place}.${key}`,
    description: NO_KEY,
  }));
}

/** Steps that do nothing or several things; one with a key that nobody knows is likely to have meant one of them. */
function actionViolations({ steps = [] }: WrittenPlan, issues: readonly z.core.$ZodIssue[]): readonly FieldViolation[] {
  return steps.flatMap((step, index): readonly FieldViolation[] => {
    const place = `steps[${index}]`;
    const [first, ...others] = actionKeysOf(step);
    if (first !== undefined) {
      return others.map((key) => ({
        field: `${place}.${key}`,
        description: SECOND_ACTION,
      }));
    }
    return issues.some((issue) => isAboutAction(issue, index)) ? [] : [{ field: place, description: NO_ACTION }];
  });
}

/** True where a step could not be read, has a key that nobody knows, or says in no readable way what it does. */
function isAboutAction({ path }: z.core.$ZodIssue, index: number): boolean {
  if (path[0] !== 'steps' || path[1] !== index) return false;
  return path.length === 2 || (path.length === 3 && ACTION_KEYS.some((key) => key === path[2]));
}

/** The data without what could not be read; what is left can be. */
function without(data: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const rest: unknown = structuredClone(data);
  for (const issue of issues) {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [null];
    for (const key of keys) remove(rest, key === null ? issue.path : [...issue.path, key]);
  }
  return rest;
}

/** An item of a list leaves something empty behind, so that those after it keep their places. */
function remove(data: unknown, path: readonly PropertyKey[]): void {
  const last = path.at(-1);
  const holder = path.slice(0, -1).reduce((at: unknown, key) => (isHolder(at) ? at[key] : undefined), data);
  if (last === undefined || !isHolder(holder)) return;
  if (Array.isArray(holder)) holder[Number(last)] = path.length === 2 ? {} : '';
  else delete holder[last];
}

function isHolder(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isHolder(value) && !Array.isArray(value);
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((told, part) => {
    if (typeof part === 'number') return `${told}[${part}]`;
    return told === '' ? String(part) : `${told}.${String(part)}`;
  }, '');
}

/** Where a field is: at its value, at its key where that has none or is what is wrong, or at what should have held it. Keys may hold dots. */
function offsetOf(node: Node | null, field: string, keyIsWrong: boolean): number {
  const here = node?.range?.[0] ?? 0;
  if (field === '' || node === null) return here;
  if (isSeq(node)) {
    const [whole, index] = /^\[(\d+)\]\.?/.exec(field) ?? [];
    const item = index === undefined ? undefined : node.items[Number(index)];
    return whole === undefined || !isNode(item) ? here : offsetOf(item, field.slice(whole.length), keyIsWrong);
  }
  if (!isMap(node)) return here;
  for (const { key, value } of node.items) {
    if (!isScalar(key)) continue;
    const rest = behind(field, String(key.value));
    if (rest === null) continue;
    const isKey = rest === '' && keyIsWrong;
    if (isNode(value) && !isBare(value) && !isKey) return offsetOf(value, rest, keyIsWrong);
    return key.range?.[0] ?? here;
  }
  return here;
}

/** A key with nothing behind it: the place of nothing is no place to look at. */
function isBare(value: Node): boolean {
  return isScalar(value) && value.source === '' && value.type === 'PLAIN';
}

/** What of a path comes behind its first key; null where it begins with another one. */
function behind(field: string, key: string): string | null {
  if (field === key) return '';
  if (field.startsWith(`${key}.`)) return field.slice(key.length + 1);
  return field.startsWith(`${key}[`) ? field.slice(key.length) : null;
}

/** In the order of the text, each once. */
function inOrder(problems: readonly PlanProblem[]): readonly PlanProblem[] {
  const each = new Map(problems.map((one) => [`${one.line}:${one.column}:${one.field}:${one.message}`, one]));
  return [...each.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}
