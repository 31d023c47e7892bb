import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { type DataMistake, inOrder, messageOf, type ScriptMistake } from './mistake.ts';
import { filledIn, referenceMistakes } from './references.ts';
import { scriptSchema } from './schema.ts';
import type { Script } from './script.ts';

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
  if (text.length > LONGEST_SCRIPT) {
    const message = `it is ${text.length} characters long, and may be at most ${LONGEST_SCRIPT}`;
    return { kind: 'mistakes', mistakes: [{ file, line: 1, column: 1, message }] };
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const at = (offset: number, message: string): ScriptMistake => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), message };
  };
  const wrong = (mistakes: readonly ScriptMistake[]): ScriptRead => ({ kind: 'mistakes', mistakes: inOrder(mistakes) });
  const broken = [
    ...[...document.errors, ...document.warnings].map(({ pos, message }) => at(pos[0], message)),
    ...aliasesOf(document).map((offset) => at(offset, 'aliases are not taken here')),
  ];
  if (broken.length > 0) return wrong(broken);
  const checked = checkData(document.toJS(), checkFault);
  if ('script' in checked) return { kind: 'script', script: checked.script };
  return wrong(checked.mistakes.map((mistake) => at(offsetOf(document, mistake), messageOf(mistake))));
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

function aliasesOf(document: Document.Parsed): readonly number[] {
  const offsets: number[] = [];
  visit(document, { Alias: (_, { range }) => void offsets.push(range?.[0] ?? 0) });
  return offsets;
}

/** Where a mistake is: at its value, at its key where that is wrong, or at what should have held it. */
function offsetOf(document: Document.Parsed, { path, key }: DataMistake): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (!isNode(node)) continue;
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    const range = isNode(pair?.key) ? pair.key.range : node.range;
    return range?.[0] ?? 0;
  }
  return 0;
}
