import { CONDITION_TYPES } from './condition.ts';
import type { EventView } from './event.ts';
import { EVENT_KINDS } from './event.ts';
import type { MachineView } from './machine.ts';
import { MACHINE_PHASES } from './machine.ts';
import type { RunView } from './run.ts';
import { RUN_PHASES } from './run.ts';
import { normalPlanId, RUN_TYPES } from './run-type.ts';

/** What a filter can be about. */
export type FilterSubject = 'machine' | 'run' | 'event';

/** Equal, not equal, has (contains, for text; `*` for anything but empty). */
export type FilterOp = '=' | '!=' | ':';

/** `field op value`. For labels `field` is `labels` and `key` the label's; for a condition `field` is `condition` and `key` its type. */
export interface Clause {
  readonly field: string;
  readonly key: string;
  readonly op: FilterOp;
  readonly value: string;
}

/** Clauses that must all hold; none match everything. */
export interface Filter {
  readonly clauses: readonly Clause[];
}

/** The filter that everything passes. */
export const EVERYTHING: Filter = { clauses: [] };

/** What is wrong with a filter, and where: `column` counts characters from 1. */
export interface FilterFault {
  readonly kind: 'fault';
  readonly column: number;
  readonly message: string;
}

/** The longest filter that is read, in characters. */
export const MAX_FILTER_LENGTH = 2_048;

const FIELDS: Readonly<Record<FilterSubject, readonly string[]>> = {
  machine: ['machine_id', 'phase', 'effective_state', 'rack', 'provider', 'cluster', 'source'],
  run: ['run_id', 'machine_id', 'phase', 'type', 'plan_id', 'initiated_by'],
  event: ['machine_id', 'run_id', 'plan_id', 'subject', 'kind', 'actor', 'request_id', 'method', 'server'],
};

/** What events are about. */
const EVENT_SUBJECTS: readonly EventView['subject'][] = ['machine', 'run', 'plan'];

/** What filters read. */
type View = MachineView | RunView | EventView;

/** The fields a filter on this subject can name, as they are told to people. */
export function filterFields(subject: FilterSubject): readonly string[] {
  return subject === 'machine' ? [...FIELDS.machine, 'labels.KEY', ...CONDITION_TYPES] : FIELDS[subject];
}

interface Token {
  readonly text: string;
  readonly column: number;
  readonly quoted: boolean;
}

/** Reads `field op value` joined by AND; blanks around the operator are optional, quotes needed only where the value has blanks. */
export function parseFilter(text: string, subject: FilterSubject): Filter | FilterFault {
  if (text.length > MAX_FILTER_LENGTH)
    return fault(MAX_FILTER_LENGTH + 1, `longer than ${MAX_FILTER_LENGTH} characters`);
  const tokens = tokenize(text);
  if (!Array.isArray(tokens)) return tokens;
  const clauses: Clause[] = [];
  let at = 0;
  while (at < tokens.length) {
    if (clauses.length > 0) {
      const and = tokens[at];
      if (and?.text.toUpperCase() !== 'AND' || and.quoted) {
        return fault(and?.column ?? text.length + 1, 'expected AND between two conditions');
      }
      at += 1;
    }
    const [field, op, value] = tokens.slice(at, at + 3);
    const clause = readClause(field, op, value, subject, text.length + 1);
    if ('kind' in clause) return clause;
    clauses.push(clause);
    at += 3;
  }
  return { clauses };
}

function fault(column: number, message: string): FilterFault {
  return { kind: 'fault', column, message };
}

const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(!=|=|:)|([^\s"'=!:]+))/y;
const VALUE = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"']+))/y;

function tokenize(text: string): Token[] | FilterFault {
  const tokens: Token[] = [];
  let position = 0;
  while (text.slice(position).trim() !== '') {
    const afterOperator = isOperator(tokens.at(-1));
    const pattern = afterOperator ? VALUE : TOKEN;
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match === null) return fault(firstVisible(text, position), 'cannot read this; is a quote missing its end?');
    const quoted = match[1] ?? match[2];
    const plain = match[3] ?? match[4];
    const token = quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1');
    tokens.push({ text: token, column: firstVisible(text, position), quoted: quoted !== undefined });
    position = pattern.lastIndex;
  }
  return tokens;
}

/** A value comes directly after an operator, so that it may hold `=` and `:` unquoted. */
function isOperator(token: Token | undefined): boolean {
  return token !== undefined && !token.quoted && (token.text === '=' || token.text === '!=' || token.text === ':');
}

function firstVisible(text: string, position: number): number {
  return text.length - text.slice(position).trimStart().length + 1;
}

function readClause(
  field: Token | undefined,
  op: Token | undefined,
  value: Token | undefined,
  subject: FilterSubject,
  end: number,
): Clause | FilterFault {
  if (field === undefined) return fault(end, 'expected a field after AND');
  const name = readField(field, subject);
  if ('kind' in name) return name;
  if (op === undefined || !isOperator(op)) {
    return fault(op?.column ?? end, `expected =, != or : after ${field.text}`);
  }
  if (value === undefined) return fault(end, `expected a value after ${field.text} ${op.text}`);
  const doubled = value.quoted ? null : /^(?:!=|=|:)/.exec(value.text);
  if (doubled !== null) return fault(value.column, `a value that begins with ${doubled[0]} needs quotes`);
  return readValue({ ...name, op: op.text as FilterOp, value: value.text }, value, subject);
}

function readField(token: Token, subject: FilterSubject): { field: string; key: string } | FilterFault {
  const { text } = token;
  if (subject === 'machine') {
    if (text.startsWith('labels.') && text.length > 'labels.'.length) {
      return { field: 'labels', key: text.slice('labels.'.length) };
    }
    const condition = CONDITION_TYPES.find((type) => type.toLowerCase() === text.toLowerCase());
    if (condition !== undefined) return { field: 'condition', key: condition };
  }
  if (FIELDS[subject].includes(text)) return { field: text, key: '' };
  return fault(token.column, `unknown field "${text}"; known: ${filterFields(subject).join(', ')}`);
}

/** Values of closed sets are checked and normalised: an empty list is never the answer to a mistake. */
function readValue(clause: Clause, token: Token, subject: FilterSubject): Clause | FilterFault {
  if (clause.field === 'condition') {
    const value = clause.value.toLowerCase();
    if (value === 'true' || value === 'false') return { ...clause, value };
    return fault(token.column, `${clause.key} is true or false`);
  }
  switch (clause.field) {
    case 'phase':
    case 'effective_state':
      return oneOf(clause, token, subject === 'run' ? RUN_PHASES : MACHINE_PHASES);
    case 'type':
      return oneOf({ ...clause, value: clause.value.replaceAll('-', '_') }, token, [...RUN_TYPES, 'CUSTOM']);
    case 'kind':
      return oneOf({ ...clause, value: clause.value.replaceAll('-', '_') }, token, EVENT_KINDS);
    case 'subject':
      return oneOf(clause, token, EVENT_SUBJECTS);
    case 'plan_id':
      return clause.op === ':' ? clause : { ...clause, value: normalPlanId(clause.value) };
    default:
      return clause;
  }
}

/** Takes a word of a closed set in any letters, as the set spells it. */
function oneOf(clause: Clause, token: Token, allowed: readonly string[]): Clause | FilterFault {
  const value = clause.value.toUpperCase();
  const known = allowed.join(', ');
  if (clause.op === ':') {
    if (value === '*' || allowed.some((name) => name.toUpperCase().includes(value))) return { ...clause, value };
    return fault(token.column, `no ${clause.field} has "${token.text}" in it; known: ${known}`);
  }
  const word = allowed.find((name) => name.toUpperCase() === value);
  if (word !== undefined) return { ...clause, value: word };
  return fault(token.column, `unknown ${clause.field} "${token.text}"; known: ${known}`);
}

/** True where every clause holds for the view. */
export function matches(filter: Filter, view: View): boolean {
  return filter.clauses.every((clause) => holds(clause, view));
}

function holds(clause: Clause, view: View): boolean {
  const actual = fieldOf(clause, view);
  switch (clause.op) {
    case '=':
      return actual === clause.value;
    case '!=':
      return actual !== clause.value;
    case ':':
      if (clause.value === '*') return actual !== '';
      return actual.toLowerCase().includes(clause.value.toLowerCase());
  }
}

function fieldOf(clause: Clause, view: View): string {
  if (clause.field === 'labels') return 'labels' in view ? labelOf(view.labels, clause.key) : '';
  if (clause.field === 'condition') {
    return String('conditions' in view && view.conditions.includes(clause.key));
  }
  const value = (view as unknown as Readonly<Record<string, unknown>>)[clause.field];
  return typeof value === 'string' ? value : '';
}

/** Only what somebody set: every object has a `constructor` of its own kind. */
function labelOf(labels: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(labels, key) ? (labels[key] ?? '') : '';
}

/** The id that a filter pins a field to with `=`, or null: what decides whether one row, or the rows of one, are meant. */
export function pinned(filter: Filter, field: 'run_id' | 'machine_id' | 'request_id'): string | null {
  return filter.clauses.find((clause) => clause.field === field && clause.op === '=')?.value ?? null;
}
