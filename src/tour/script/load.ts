import type { z } from 'zod';
import type { DataMistake, ScriptMistake } from './mistake.ts';
import { filledIn, referenceMistakes } from './references.ts';
import { scriptSchema } from './schema.ts';
import type { Script } from './script.ts';
import { readYamlText } from './yaml-text.ts';

/** The longest script, in characters. */
const LONGEST_SCRIPT = 1_000_000;

/** A script, or everything that is wrong with its text, in the order of the text. */
export type ScriptRead =
  | { readonly kind: 'script'; readonly script: Script }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly ScriptMistake[] };

/** What is wrong with one fault in its short form, a clause each; empty: nothing. */
export type FaultCheck = (fault: string) => readonly string[];

/**
 * Reads a script from the text of a YAML file.
 *
 * @param file what mistakes are told under
 * @param checkFault knows the form of faults, which are the server's matter
 */
export function readScript(text: string, file: string, checkFault: FaultCheck = () => []): ScriptRead {
  const read = readYamlText(text, file, LONGEST_SCRIPT);
  if (read.kind === 'mistakes') return read;
  const checked = checkData(read.data, checkFault);
  if ('script' in checked) return { kind: 'script', script: checked.script };
  return { kind: 'mistakes', mistakes: read.tell(checked.mistakes) };
}

function checkData(
  data: unknown,
  checkFault: FaultCheck,
): { readonly script: Script } | { readonly mistakes: readonly DataMistake[] } {
  const parsed = scriptSchema.safeParse(data);
  if (!parsed.success) return { mistakes: parsed.error.issues.flatMap(mistakesOf) };
  const script = parsed.data;
  const mistakes = [...referenceMistakes(script), ...faultMistakes(script, checkFault)];
  return mistakes.length === 0 ? { script } : { mistakes };
}

function faultMistakes({ faults, roles }: Script, checkFault: FaultCheck): DataMistake[] {
  return faults.flatMap((fault, at) => {
    const filled = filledIn(fault, (role) => roles[role]?.[0] ?? 'machine-1');
    return checkFault(filled).map((message) => ({ path: ['faults', at], message: `is no fault: ${message}` }));
  });
}

function mistakesOf(issue: z.core.$ZodIssue): readonly DataMistake[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
  return issue.keys.map((key) => ({ path: issue.path, key, message: 'is no key that belongs here' }));
}
