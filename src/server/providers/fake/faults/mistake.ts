import type { FaultScript } from './fault.ts';
import type { DataMistake } from './schema.ts';

/** Something wrong in a script, and where; line and column count from 1. */
export interface FaultMistake {
  /** The name of the file, or the flag's own text. */
  readonly source: string;
  /** Null in a flag. */
  readonly line: number | null;
  readonly column: number;
  readonly message: string;
}

/** What reading a script gives: the faults, or every mistake that it has, in the order of the text. */
export type FaultsRead =
  | { readonly kind: 'faults'; readonly faults: FaultScript }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly [FaultMistake, ...FaultMistake[]] };

/** A mistake in a line: in a file `faults.yaml:3:5: what is wrong`, which editors and terminals make a link of. */
export function formatFaultMistake({ source, line, column, message }: FaultMistake): string {
  return line === null ? `"${source}", column ${column}: ${message}` : `${source}:${line}:${column}: ${message}`;
}

/** The sentence for a mistake in the data: what it is about, in the way one would write it, and what is wrong with it. */
export function messageOf({ path, key, message }: DataMistake): string {
  const about = [...path, ...(key === undefined ? [] : [key])].reduce<string>((told, part) => {
    if (typeof part === 'number') return `${told}[${part}]`;
    return told === '' ? String(part) : `${told}.${String(part)}`;
  }, '');
  return about === '' ? `it ${message}` : `${about} ${message}`;
}

/** Puts mistakes in the order of the text, each once. */
export function inOrder(mistakes: readonly FaultMistake[]): FaultsRead {
  const each = new Map(mistakes.map((mistake) => [formatFaultMistake(mistake), mistake]));
  const [first, ...rest] = [...each.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || a.column - b.column);
  if (first === undefined) throw new Error('there is no mistake to tell of');
  return { kind: 'mistakes', mistakes: [first, ...rest] };
}
