// node scripts/generate-keys.ts: writes docs/keys.md out of the console's own actions. `npm run check` says when it has to be run.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allActions } from '../src/tui/actions/all.ts';
import { keyLabel } from '../src/tui/keys/chunk.ts';
import type { Group } from '../src/tui/keys/registry.ts';
import { COMMANDS } from '../src/tui/palette/commands.ts';
import { packageRoot } from './bundle.ts';

const KEYS_FILE = join(packageRoot, 'docs', 'keys.md');

const GROUPS: readonly (readonly [Group, string])[] = [
  ['Act', 'What is done to machines and runs'],
  ['Move', 'Moving'],
  ['Screens', 'Screens'],
  ['Find', 'Finding'],
  ['Mark', 'Marking'],
  ['Log', 'In the log'],
  ['Rest', 'The program'],
  ['Dialog', 'In a dialog'],
];

/** What holds of every command. */
const AROUND = [
  'Behind `:` every action can be called by its name as well, and names are taken in any case. Where `[ID]` is left out, the command is',
  'about what its key is about. Tab goes on as far as all choices agree and then through them; up and down bring back earlier lines,',
  'which are kept for the next session.',
  '',
];

/** The page, as the actions say it. */
function keysPage(): string {
  const tables = GROUPS.map(([group, heading]) => {
    const actions = allActions.filter((action) => action.group === group);
    const rows = actions.map(({ keys, label, help, id, dangerous }) => [
      keys.map((key) => `\`${keyLabel(key, false)}\``).join(' '),
      label,
      `${help}${dangerous === true ? ' (not in a read-only console)' : ''}`,
      `\`${id}\``,
    ]);
    return actions.length === 0
      ? []
      : [`## ${heading}`, '', ...tableLines([['key', 'in short', 'what it does', 'action'], ...rows]), ''];
  });
  const commands = COMMANDS.map(({ name, operand, help }) => [`\`${`:${name} ${operand}`.trimEnd()}\``, help]);
  const commandTable = ['## Commands', '', ...tableLines([['command', 'what it does'], ...commands]), '', ...AROUND];
  const head = [
    '# Keys of the console',
    '',
    'Made of the console’s own list of actions by `node scripts/generate-keys.ts`; `?` in the console shows the same. A letter means the',
    'same wherever it means anything, and a key that cannot do what it is for says why. The configuration file gives other keys, by the',
    'name of the action: `bmdemo config init` writes one that has them all.',
    '',
  ];
  return `${[...head, ...tables.flat(), ...commandTable].join('\n').trimEnd()}\n`;
}

/** A table with its columns below each other, as the formatter has it. */
function tableLines([head = [], ...rows]: readonly (readonly string[])[]): string[] {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [
    line(cells[0] ?? []),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...cells.slice(1).map(line),
  ];
}

/** What is wrong with the page that is committed; empty where nothing is. */
export async function checkKeys(): Promise<string> {
  const committed = await readFile(KEYS_FILE, 'utf8').catch(() => '');
  return committed === keysPage()
    ? ''
    : 'docs/keys.md is not what the actions say: run `node scripts/generate-keys.ts`.';
}

if (import.meta.main) await writeFile(KEYS_FILE, keysPage());
