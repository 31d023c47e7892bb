import { type FaultsRead, inOrder, messageOf } from './mistake.ts';
import { checkFault } from './schema.ts';

const FORM = 'write MACHINE/STEP=FAULT[:ATTEMPTS][@STAGE][,OPTION=VALUE…], such as machine-2/verify-in-cluster=fail:2';

/** A value and the column that it stands in, from 1. */
interface Part {
  readonly value: string | boolean;
  readonly column: number;
}

/**
 * Reads one fault from its short form, `MACHINE/STEP=FAULT[:ATTEMPTS][@STAGE][,OPTION=VALUE…]`: what docs/faults.md says
 * of the file goes for it too. A `message` is the last option, and takes the rest of the text.
 */
export function parseFaultFlag(text: string): FaultsRead {
  const at = (column: number, message: string) => ({ source: text, line: null, column, message });
  const head = /^([^/=,]*)\/([^=,]*)=([^:@,]*)(:[^@,]*)?(@[^,]*)?/d.exec(text);
  const [, machine, step, fault, attempts, stage] = head?.indices ?? [];
  const rest = head?.[0].length ?? 0;
  if (!machine || !step || !fault || (rest < text.length && text[rest] !== ',')) return inOrder([at(rest + 1, FORM)]);

  const parts = new Map<string, Part>();
  const add = (key: string, [from, to]: [number, number], skip: number) =>
    parts.set(key, { value: text.slice(from + skip, to), column: from + skip + 1 });
  add('machine', machine, 0);
  add('step', step, 0);
  add('fault', fault, 0);
  if (attempts) add('attempts', attempts, 1);
  if (stage) add('at', stage, 1);

  const doubled = optionsOf(text.slice(rest), rest).flatMap(({ key, ...part }) => {
    if (parts.has(key)) return [at(part.column, `${key || FORM} is given twice`)];
    parts.set(key, part);
    return [];
  });

  const checked = checkFault(Object.fromEntries([...parts].map(([key, { value }]) => [key, value])));
  if (checked.kind === 'good' && doubled.length === 0) return { kind: 'faults', faults: [checked.value] };
  const wrong = checked.kind === 'bad' ? checked.mistakes : [];
  const columnOf = (key: string) => parts.get(key)?.column ?? 1;
  return inOrder([
    ...doubled,
    ...wrong.map((mistake) => at(columnOf(mistake.key ?? String(mistake.path[0])), messageOf(mistake))),
  ]);
}

/** The options in `,terminal,code=DISK_DEAD,message=all the rest`; one without a value is true. */
function optionsOf(text: string, offset: number): readonly (Part & { readonly key: string })[] {
  return [...text.matchAll(/,(?:(message)=(.*)$|([^=,]*)(?:=([^,]*))?)/g)].map((match) => {
    const [, message, sentence, name = '', value] = match;
    const column = offset + match.index + 2;
    if (message !== undefined) return { key: message, value: sentence ?? '', column };
    return { key: name, value: value === undefined ? true : (BOOLEANS.get(value) ?? value), column };
  });
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);
