import type { Document } from 'yaml';
import { isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { DataMistake, ScriptMistake } from './mistake.ts';
import { inOrder, messageOf } from './mistake.ts';

/** The text of a YAML file, read as plain data whose places are known; or everything that is wrong with it as YAML. */
export type YamlRead =
  | { readonly kind: 'yaml'; readonly data: unknown; readonly place: Placing; readonly tell: Telling }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly ScriptMistake[] };

/** Where something of the data stands; line and column count from 1. */
export type Placing = (at: Pick<DataMistake, 'path' | 'key'>) => { readonly line: number; readonly column: number };

/** Mistakes of the data as mistakes of the text, in its order. */
export type Telling = (mistakes: readonly DataMistake[]) => readonly ScriptMistake[];

/**
 * Reads the text of a YAML file.
 *
 * @param file what mistakes are told under
 * @param longest how long it may be, in characters
 */
export function readYamlText(text: string, file: string, longest: number): YamlRead {
  if (text.length > longest) {
    const message = `it is ${text.length} characters long, and may be at most ${longest}`;
    return { kind: 'mistakes', mistakes: [{ file, line: 1, column: 1, message }] };
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const placeOf = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const broken = [
    ...[...document.errors, ...document.warnings].map(({ pos, message }) => ({ offset: pos[0], message })),
    ...aliasesOf(document).map((offset) => ({ offset, message: 'aliases are not taken here' })),
  ];
  if (broken.length > 0) {
    const mistakes = broken.map(({ offset, message }) => ({ file, ...placeOf(offset), message }));
    return { kind: 'mistakes', mistakes: inOrder(mistakes) };
  }
  const place: Placing = (at) => placeOf(offsetOf(document, at));
  const tell: Telling = (mistakes) =>
    inOrder(mistakes.map((mistake) => ({ file, ...place(mistake), message: messageOf(mistake) })));
  return { kind: 'yaml', data: document.toJS(), place, tell };
}

function aliasesOf(document: Document.Parsed): readonly number[] {
  const offsets: number[] = [];
  visit(document, { Alias: (_, { range }) => void offsets.push(range?.[0] ?? 0) });
  return offsets;
}

/** Where a mistake is: at its value, at its key where that is wrong, or at what should have held it. */
function offsetOf(document: Document.Parsed, { path, key }: Pick<DataMistake, 'path' | 'key'>): number {
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
