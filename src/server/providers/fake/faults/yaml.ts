import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';
import { type FaultMistake, type FaultsRead, inOrder, messageOf } from './mistake.ts';
import { checkScript, type DataMistake } from './schema.ts';

/** The longest script, in characters. */
const LONGEST_SCRIPT = 1_000_000;

const NO_ALIASES = 'aliases are not taken here; for all machines or steps write "*" with its quotes';

/** Reads a fault script (docs/faults.md) from the text of a YAML file; `fileName` is what mistakes are told under. */
export function parseFaultsYaml(text: string, fileName: string): FaultsRead {
  if (text.length > LONGEST_SCRIPT) {
    const message = `it is ${text.length} characters long, and may be at most ${LONGEST_SCRIPT}`;
    return inOrder([{ source: fileName, line: 1, column: 1, message }]);
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const place = (offset: number, message: string): FaultMistake => {
    const { line, col } = lineCounter.linePos(offset);
    return { source: fileName, line: Math.max(1, line), column: Math.max(1, col), message };
  };
  const broken = [
    ...[...document.errors, ...document.warnings].map((error) => place(error.pos[0], syntaxMessage(error))),
    ...aliasesOf(document).map((offset) => place(offset, NO_ALIASES)),
  ];
  if (broken.length > 0) return inOrder(broken);
  const checked = checkScript(document.toJS());
  if (checked.kind === 'good') return { kind: 'faults', faults: checked.value };
  return inOrder(checked.mistakes.map((mistake) => place(offsetOf(document, mistake), messageOf(mistake))));
}

/** A `*` without quotes begins an alias, which is what the parser then complains of. */
function syntaxMessage({ code, message }: YAMLError): string {
  return code === 'BAD_ALIAS' ? NO_ALIASES : message;
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
