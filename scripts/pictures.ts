// node scripts/pictures.ts: every screen of the built console in every theme at three sizes, in the ignored folder
// pictures/console/; each screen once, and one in each theme, in docs/pictures/. With --docs those alone.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ThemeName } from '../src/tui/theme/theme.ts';
import { THEME_NAMES } from '../src/tui/theme/theme.ts';
import { PtyTerminal } from '../test/support/pty-terminal.ts';
import { buildBundle, isBundleStale } from './bundle.ts';
import { PictureFleet } from './picture-fleet.ts';
import type { Scene } from './picture-scenes.ts';
import { MORE_SCENES, pressed, SCENES, settled } from './picture-scenes.ts';
import type { TerminalColours } from './terminal-picture.ts';
import { pictureOf } from './terminal-picture.ts';

const root = dirname(import.meta.dirname);
const docs = join(root, 'docs', 'pictures');
const all = join(root, 'pictures', 'console');
const SIZES = [
  [80, 24],
  [120, 40],
  [200, 60],
] as const;

/** The terminal that each theme is made for. */
const COLOURS: Readonly<Partial<Record<ThemeName, TerminalColours>>> = {
  light: { background: '#ffffff', foreground: '#1c1c1c' },
  'high-contrast': { background: '#000000', foreground: '#ffffff' },
};

/** Who gets a picture, by the name of its scene. */
type Keep = (scene: string, terminal: PtyTerminal) => Promise<void>;

/** A server that is not there. */
const NOBODY = '127.0.0.1:1';
/** Machines where there are many. */
const MANY = 2_000;

/** Scenes in the console of one server, one after the other. */
async function walk(
  fleet: PictureFleet,
  theme: ThemeName,
  columns: number,
  rows: number,
  keep: Keep,
  scenes: readonly Scene[],
): Promise<void> {
  await kept(
    ['tui', '--server', fleet.address, '--theme', theme, '--user', 'lin'],
    { columns, rows },
    async (terminal) => {
      await terminal.until(/Machines \d\d/);
      for (const { name, show, back } of scenes) {
        await show(terminal, fleet);
        await keep(name, terminal);
        await back?.(terminal, fleet);
      }
    },
  );
}

/** The scenes that have a console of their own: without machines, without rights, and without room. */
async function alone(fleet: PictureFleet, theme: ThemeName, columns: number, rows: number, keep: Keep): Promise<void> {
  const size = { columns, rows };
  const own = ['tui', '--port', '0', '--store', 'memory', '--theme', theme, '--user', 'lin'];
  await kept(own, size, async (terminal) => {
    await terminal.until('No machines yet.');
    await terminal.until('import 3 demo machines');
    await keep('empty', terminal);
  });
  const args = ['tui', '--server', fleet.address, '--theme', theme, '--user', 'lin', '--read-only'];
  await kept(args, size, async (terminal) => {
    await terminal.until(/>\s+machine-1 /);
    await terminal.until(/Machines \d\d/);
    await settled(terminal);
    await pressed(terminal, 'b', 'started with --read-only');
    await keep('read-only', terminal);
    terminal.resize(60, 18);
    await terminal.until('the console needs');
    await keep('too-small', terminal);
  });
}

/** As many machines as scroll, what is asked before the program ends, and a server that is not there. */
async function others(theme: ThemeName, columns: number, rows: number, keep: Keep): Promise<void> {
  const size = { columns, rows };
  const own = ['tui', '--port', '0', '--store', 'memory', '--theme', theme, '--user', 'lin'];
  await kept(own, size, async (terminal) => {
    await terminal.until('import 3 demo machines');
    await pressed(terminal, 'i', 'machine-3');
    await keep('imported', terminal);
    const ids = Array.from({ length: MANY }, (_, at) => `node-${at + 1},fake,r${(at % 40) + 1}`);
    await writeFile(join(terminal.home, 'many.csv'), `id,provider,rack\n${ids.join('\n')}\n`);
    await pressed(terminal, ':import many.csv\r', 'Import many.csv?');
    await terminal.until('y yes');
    await pressed(terminal, 'y', 'Machines 2,003');
    await pressed(terminal, 'G', />\s+node-2000 /);
    await keep('crowd', terminal);
    await pressed(terminal, 'A', '2,003 marked');
    await keep('crowd-marked', terminal);
    await pressed(terminal, '\x1bg', />\s+machine-1 /);
    await pressed(terminal, 'r', 'y yes');
    await pressed(terminal, 'y', /repave-image . running|repave-image 3/);
    await pressed(terminal, 'q', 'Quit while');
    await terminal.until('Esc cancel');
    await keep('quit', terminal);
  });
  await kept(['tui', '--server', NOBODY, '--theme', theme, '--user', 'lin'], size, async (terminal) => {
    await terminal.until('trying again in');
    await keep('nobody', terminal);
  });
}

/** A console of its own, for as long as something is done with it. */
async function kept(
  args: readonly string[],
  size: { readonly columns: number; readonly rows: number },
  use: (terminal: PtyTerminal) => Promise<void>,
): Promise<void> {
  const terminal = await PtyTerminal.start(args, size);
  try {
    await use(terminal);
  } finally {
    await terminal.close();
  }
}

async function forDocs(): Promise<void> {
  await mkdir(docs, { recursive: true });
  const fleet = await PictureFleet.start(false);
  try {
    const keep: Keep = async (scene, terminal) => {
      const name = scene === 'machines' ? 'console' : `console-${scene}`;
      await writeFile(join(docs, `${name}.png`), pictureOf(terminal.emulator));
    };
    await walk(fleet, 'dark', 120, 40, keep, SCENES);
    await alone(fleet, 'dark', 120, 40, keep);
    for (const theme of THEME_NAMES.filter((name) => name !== 'dark')) {
      const keep: Keep = async (_, terminal) =>
        writeFile(join(docs, `theme-${theme}.png`), pictureOf(terminal.emulator, COLOURS[theme]));
      await walk(fleet, theme, 120, 40, keep, SCENES.slice(0, 1));
    }
  } finally {
    await fleet.close();
  }
}

async function forLooking(): Promise<void> {
  const fleet = await PictureFleet.start(true);
  try {
    for (const theme of THEME_NAMES) {
      await mkdir(join(all, theme), { recursive: true });
      for (const [columns, rows] of SIZES) {
        const keep: Keep = async (scene, terminal) => {
          const file = join(all, theme, `${columns}x${rows}-${scene}`);
          await writeFile(`${file}.png`, pictureOf(terminal.emulator, COLOURS[theme]));
          await writeFile(`${file}.txt`, `${terminal.text}\n`);
        };
        await walk(fleet, theme, columns, rows, keep, [...MORE_SCENES, ...SCENES]);
        await alone(fleet, theme, columns, rows, keep);
        await others(theme, columns, rows, keep);
        console.log(`${theme} ${columns}x${rows}`);
      }
    }
  } finally {
    await fleet.close();
  }
}

// Pictures of what the program was before would be looked at in vain.
if (isBundleStale()) await buildBundle();
await forDocs();
if (!process.argv.includes('--docs')) await forLooking();
