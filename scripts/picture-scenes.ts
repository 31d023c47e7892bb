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
      await pressed(terminal, '\t\t', /(▸|>) Log .* [1-9]\d* lines/);
      await settled(terminal);
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
  question('rma', 4, 'm', 'RMA machine-4?'),
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
    show: async (terminal) => {
      await pressed(terminal, '/rack=r1 AND phase=IN_SERVICE\r', />\s+machine-5 /);
      await terminal.until((text) => !/no run of|Log .* 0 lines/.test(text));
      await settled(terminal);
    },
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
      await settled(terminal);
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

/** What is looked at as well: the same screens otherwise, and the other questions. */
export const MORE_SCENES: readonly Scene[] = [
  question('cancel', 1, 'c', 'Cancel run'),
  question('acknowledge', 3, 'r', 'Acknowledge and repave'),
  question('upgrade', 4, 'u', 'Upgrade machine-4?'),
  question('net-reconfig', 4, 'w', 'Net-reconfig machine-4?'),
  question('take-out', 5, 'e', 'Take machine-5'),
  question('put-back', 11, 'e', 'Put machine-11'),
  question('resolve', 3, 'v', 'Resolve machine-3?'),
  question('free', 8, 'v', 'Free machine-8'),
  question('complete-rma', 9, 'd', 'Complete the RMA'),
  {
    name: 'sort',
    show: (terminal) => pressed(terminal, 's', '1 MACHINE'),
    back: (terminal) => gone(terminal, ESC, '1 MACHINE'),
  },
  {
    name: 'filter-typed',
    show: (terminal) => pressed(terminal, '/rack=r2', '/rack=r2'),
    back: (terminal) => gone(terminal, ESC, 'rack=r2'),
  },
  {
    name: 'filter-nothing',
    show: (terminal) => pressed(terminal, '/rack=r77\r', 'no machine matches'),
    back: (terminal) => gone(terminal, ESC, 'rack=r77'),
  },
  {
    name: 'filter-wrong',
    show: async (terminal) => {
      await pressed(terminal, '/phase=SLEEPY AND\r', /phase=SLEEPY/);
      await terminal.until((text) => !text.includes('asking'));
    },
    back: (terminal) => gone(terminal, ESC, 'SLEEPY'),
  },
  {
    name: 'log-pane',
    show: async (terminal) => {
      await goTo(terminal, 4);
      await pressed(terminal, '\t\t', /(▸|>) Log .* [1-9]\d* lines/);
      await settled(terminal);
      await pressed(terminal, 'W', 'go on below');
    },
  },
  {
    name: 'log-searched',
    show: async (terminal) => {
      await pressed(terminal, '/kubelet\r', 'paused');
      await terminal.until('/kubelet');
    },
    back: async (terminal) => {
      await pressed(terminal, 'WG', 'are cut');
      await pressed(terminal, ESC, /(▸|>) Run/);
      await pressed(terminal, ESC, /(▸|>) Machines/);
    },
  },
  {
    name: 'call',
    show: async (terminal) => {
      await pressed(terminal, 'x', 'Calls on the wire');
      await gone(terminal, 'j\r', 'Calls on the wire');
    },
    back: async (terminal) => {
      await pressed(terminal, ESC, 'Calls on the wire');
      await gone(terminal, ESC, 'Calls on the wire');
    },
  },
  {
    name: 'run',
    show: async (terminal) => {
      await pressed(terminal, '2', /(▸|>) Runs \d/);
      await pressed(terminal, '\r', /Runs . run/);
      await terminal.until((text) => !text.includes('no line so far'));
      await settled(terminal);
    },
    back: (terminal) => pressed(terminal, '1', /(▸|>) Machines/),
  },
  {
    name: 'command-unknown',
    show: (terminal) => pressed(terminal, ':xyzzy', 'nothing is called so'),
    back: (terminal) => gone(terminal, ESC, 'xyzzy'),
  },
];

/** The question that a key asks about a machine. */
function question(name: string, machine: number, key: string, title: string): Scene {
  return {
    name,
    show: async (terminal) => {
      await goTo(terminal, machine);
      await pressed(terminal, key, title);
      await terminal.until('Esc cancel');
    },
    back: (terminal) => gone(terminal, ESC, title),
  };
}

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
  // Its run, or that it has none, and the whole log of that, or that it has ended.
  await terminal.until(
    (text) => /has had no run/.test(text) || (/Run \w{8}/.test(text) && !/Log .* following .* [0-6] lines?/.test(text)),
  );
  await settled(terminal);
}

/** Resolves when no more lines have come to the log for a moment: how many it has, nobody else knows. */
export async function settled(terminal: PtyTerminal): Promise<void> {
  const lines = () => /[Ll]og .* \d+ lines?/.exec(terminal.text)?.[0];
  for (let before: string | undefined, now = lines(); before !== now; now = lines()) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
