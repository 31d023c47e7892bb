import { expect, it } from 'vitest';
import type { FilterSubject } from '../core/domain/filter.ts';
import { filterFields, parseFilter } from '../core/domain/filter.ts';
import { ioDouble } from './output/io-double.ts';
import { runProgram } from './program.ts';

async function helpOf(...words: string[]): Promise<string> {
  const io = ioDouble();
  expect(await runProgram([...words, '--help'], io)).toBe(0);
  return io.written.out.replace(/\s+/g, ' ');
}

/** What each command filters, where it has a filter or a selector. */
const SUBJECTS: Readonly<Record<string, FilterSubject>> = {
  list: 'machine',
  export: 'machine',
  repave: 'machine',
  rma: 'machine',
  start: 'machine',
  maintenance: 'machine',
  resolve: 'machine',
  retire: 'machine',
  delete: 'machine',
  runs: 'run',
  cancel: 'run',
  'retry-now': 'run',
  events: 'event',
};

it.each(Object.entries(SUBJECTS))(
  'the filters in the help of %s are good ones, over the fields that it names',
  async (name, subject) => {
    const help = await helpOf(name);
    const shown = [
      ...help.matchAll(/, as '([^']+)'/g),
      ...help.matchAll(/bmdemo [^$]*--(?:filter|selector) (?:'([^']+)'|([^\s'<]+))/g),
    ].map(([, quoted, plain]) => quoted ?? plain ?? '');
    expect(shown).not.toEqual([]);
    for (const text of shown) expect(parseFilter(text, subject), text).toHaveProperty('clauses');
    const over = /; over ([a-z_., ]+[a-z])/i.exec(help)?.[1];
    if (over !== undefined) expect(over.startsWith(filterFields(subject).join(', '))).toBe(true);
  },
);

/** Every command and every command of a command, as the help has them. */
async function commandsBelow(words: readonly string[]): Promise<readonly (readonly string[])[]> {
  const io = ioDouble();
  await runProgram([...words, '--help'], io);
  const [, ...sections] = io.written.out.split(/^(?:Machines|Runs|Program|Commands):$/m);
  const names = sections.flatMap((section) => [...(section.split('\n\n')[0]?.matchAll(/^ {2}([a-z][a-z-]*)/gm) ?? [])]);
  const found = names.map(([, name = '']) => [...words, name]).filter(([...all]) => all.at(-1) !== 'help');
  return [...found, ...(await Promise.all(found.map(commandsBelow))).flat()];
}

it('the help of every command has an example', async () => {
  const commands = await commandsBelow([]);
  expect(commands.length).toBeGreaterThan(35);
  const without = [];
  for (const words of commands) if (!(await helpOf(...words)).includes('Examples: $ ')) without.push(words.join(' '));
  expect(without).toEqual([]);
});
