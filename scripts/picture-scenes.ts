import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PtyTerminal } from '../test/support/pty-terminal.ts';
import type { PictureFleet } from './picture-fleet.ts';

/** One picture: how the console comes to show it, and how it goes back to the machines. */
export interface Scene {
  readonly name: string;
  show(terminal: PtyTerminal, fleet: PictureFleet): Promise<unknown>;
  back?(terminal: PtyTerminal, fleet: PictureFleet): Promise<unknown>;
}

const ESC = '\x1b';

/** A file of machines that are new, changed, as they are, and wrong. */
const RACKS = `id,provider,rack,serial,mac
rack-9-node-1,fake,r9,SN-901,02:00:00:00:09:01
rack-9-node-2,fake,r9,SN-902,02:00:00:00:09:02
rack-9-node-3,fake,r9,SN-903,02:00:00:00:09
machine-5,fake,r9,,
`;

/** Everything that the console shows, in an order in which one thing leads to the next. */
export const SCENES: readonly Scene[] = [
  { name: 'machines', show: (terminal) => goTo(terminal, 1) },
  { name: 'run-failed', show: (terminal) => goTo(terminal, 3) },
  { name: 'run-waits', show: (terminal) => goTo(terminal, 2) },
  {
    name: 'log',
    show: async (terminal) => {
      await goTo(terminal, 1);
      await pressed(terminal, '\t\t', /(▸|>) Log/);
      terminal.press('z');
      await terminal.until((text) => !text.includes('MACHINE'));
    },
    back: async (terminal) => {
      await pressed(terminal, ESC, 'MACHINE');
      await pressed(terminal, ESC, /(▸|>) Run/);
      await pressed(terminal, ESC, /(▸|>) Machines/);
    },
  },
  {
    name: 'repave',
    show: async (terminal) => {
      await goTo(terminal, 10);
      await pressed(terminal, 'r', 'Repave machine-10?');
      await terminal.until(/took +\S+.*(median|so far)/);
      await terminal.until('Esc cancel');
    },
    back: (terminal) => gone(terminal, ESC, 'Repave machine-10?'),
  },
  {
    name: 'rma',
    show: async (terminal) => {
      await goTo(terminal, 4);
      await pressed(terminal, 'm', 'RMA machine-4?');
      await terminal.until('Esc cancel');
    },
    back: (terminal) => gone(terminal, ESC, 'RMA machine-4?'),
  },
  {
    name: 'many',
    show: async (terminal) => {
      await pressed(terminal, 'g', />\s+machine-1 /);
      await pressed(terminal, '   ', '3 marked');
      await pressed(terminal, 'jjj   ', '6 marked');
      await pressed(terminal, 'r', 'machines?');
      await terminal.until('Esc cancel');
    },
    back: async (terminal) => {
      await gone(terminal, ESC, 'machines?');
      await gone(terminal, ESC, 'marked');
    },
  },
  {
    name: 'calls',
    show: (terminal) => pressed(terminal, 'x', 'PreviewRun'),
    back: (terminal) => gone(terminal, ESC, 'PreviewRun'),
  },
  {
    name: 'import',
    show: async (terminal) => {
      await writeFile(join(terminal.home, 'racks.csv'), RACKS);
      await pressed(terminal, 'i', ':import ');
      await pressed(terminal, 'racks.csv\r', 'Import racks.csv?');
      await terminal.until('Esc cancel');
    },
    back: (terminal) => gone(terminal, ESC, 'Import racks.csv?'),
  },
  {
    name: 'filter',
    show: (terminal) => pressed(terminal, '/rack=r1 AND phase=IN_SERVICE\r', />\s+machine-5 /),
    back: (terminal) => gone(terminal, ESC, 'AND phase'),
  },
  {
    name: 'phases',
    show: (terminal) => pressed(terminal, 'f', 'Machines by phase'),
    back: (terminal) => gone(terminal, ESC, 'Machines by phase'),
  },
  {
    name: 'command',
    show: (terminal) => pressed(terminal, ':re', 'asks about a reboot'),
    back: (terminal) => gone(terminal, ESC, 'asks about a reboot'),
  },
  {
    name: 'help',
    show: (terminal) => pressed(terminal, '?', 'closes'),
    back: (terminal) => gone(terminal, ESC, 'closes'),
  },
  {
    name: 'machine',
    show: async (terminal) => {
      await goTo(terminal, 3);
      await pressed(terminal, '\r', /Runs \d/);
      await terminal.until(/(▸|>) Runs/);
    },
    back: (terminal) => pressed(terminal, ESC, /(▸|>) Machines/),
  },
  {
    name: 'runs',
    show: async (terminal) => {
      await pressed(terminal, '2', /(▸|>) Runs \d/);
      await terminal.until((text) => /Run \w{8}/.test(text) && !/Log .* 0 lines|no line so far/.test(text));
    },
  },
  {
    name: 'plans',
    show: async (terminal) => {
      await pressed(terminal, '3', /(▸|>) Plans \d/);
      await pressed(terminal, 'Gkk', /Plan . repave-join/);
    },
  },
  { name: 'events', show: (terminal) => pressed(terminal, '4', /Events \d[\s\S]*message /) },
  {
    name: 'server-log',
    show: (terminal) => pressed(terminal, '5', /Server log .* [1-9]\d* lines?/),
    back: (terminal) => pressed(terminal, '1', /(▸|>) Machines/),
  },
  {
    name: 'refused',
    show: async (terminal) => {
      await goTo(terminal, 2);
      await pressed(terminal, 'r', 'c cancels it');
    },
  },
  {
    name: 'lost',
    show: async (terminal, fleet) => {
      await goTo(terminal, 1);
      fleet.cut();
      await terminal.until('trying again in');
      await terminal.until(/waiting for the server|as they were/);
    },
    back: async (terminal, fleet) => {
      fleet.mend();
      await terminal.until('attached to');
    },
  },
];

/** Presses keys, and waits for what they bring. */
export async function pressed(terminal: PtyTerminal, keys: string, shown: string | RegExp): Promise<void> {
  terminal.press(keys);
  await terminal.until(shown);
}

async function gone(terminal: PtyTerminal, keys: string, shown: string): Promise<void> {
  terminal.press(keys);
  await terminal.until((text) => !text.includes(shown));
}

/** Puts the cursor on a demo machine. */
async function goTo(terminal: PtyTerminal, n: number): Promise<void> {
  terminal.press(`g${'j'.repeat(n - 1)}`);
  await terminal.until(new RegExp(`>\\s+machine-${n} `));
  // Its run and the log of that, or that it has none; where there is room for one of them, the run.
  await terminal.until(
    (text) => /has had no run/.test(text) || (/Run \w{8}/.test(text) && !/Log .* 0 lines|no line so far/.test(text)),
  );
}
