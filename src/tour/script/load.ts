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

/** Knowledge of what is not the tour's own; each answers what is wrong, a clause each. */
export interface ScriptChecks {
  /** Of one fault in its short form. */
  readonly fault?: (fault: string) => readonly string[];
  /** Of a file that machines are imported from, or that a plan is made of. */
  readonly file?: (use: 'machines' | 'plan', name: string, text: string) => readonly string[];
}

/**
 * Reads a script from the text of a YAML file.
 *
 * @param file what mistakes are told under
 * @param checks know the forms of faults and files, which are the matter of others
 */
export function readScript(text: string, file: string, checks: ScriptChecks = {}): ScriptRead {
  const read = readYamlText(text, file, LONGEST_SCRIPT);
  if (read.kind === 'mistakes') return read;
  const checked = checkData(read.data, checks);
  if ('script' in checked) return { kind: 'script', script: checked.script };
  return { kind: 'mistakes', mistakes: read.tell(checked.mistakes) };
}

function checkData(
  data: unknown,
  checks: ScriptChecks,
): { readonly script: Script } | { readonly mistakes: readonly DataMistake[] } {
  const parsed = scriptSchema.safeParse(data);
  if (!parsed.success) return { mistakes: parsed.error.issues.flatMap(mistakesOf) };
  const script = parsed.data;
  const mistakes = [...referenceMistakes(script), ...faultMistakes(script, checks), ...fileMistakes(script, checks)];
  return mistakes.length === 0 ? { script } : { mistakes };
}

function faultMistakes({ faults, roles }: Script, { fault: checkFault = () => [] }: ScriptChecks): DataMistake[] {
  return faults.flatMap((fault, at) => {
    const filled = filledIn(fault, (role) => roles[role]?.[0] ?? 'machine-1');
    return checkFault(filled).map((message) => ({ path: ['faults', at], message: `is no fault: ${message}` }));
  });
}

function fileMistakes({ chapters, questions, files }: Script, { file: check = () => [] }: ScriptChecks): DataMistake[] {
  const beats = [...chapters, ...questions].flatMap((part) => part.beats);
  return beats.flatMap(({ command }) => {
    if (command === null || !('file' in command)) return [];
    const { kind, file } = command;
    const wrong = check(kind === 'import-file' ? 'machines' : 'plan', file, files[file] ?? '');
    return wrong.map((message) => ({ path: ['files', file], message: `cannot be used: ${message}` }));
  });
}

function mistakesOf(issue: z.core.$ZodIssue): readonly DataMistake[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
  return issue.keys.map((key) => ({ path: issue.path, key, message: 'is no key that belongs here' }));
}
