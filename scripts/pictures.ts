// node scripts/pictures.ts: every screen of the built console in every theme at three sizes, in the ignored folder
// pictures/console/; each screen once, and one in each theme, in docs/pictures/. With --docs those alone.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ThemeName } from '../src/tui/theme/theme.ts';
import { THEME_NAMES } from '../src/tui/theme/theme.ts';
import { PtyTerminal } from '../test/support/pty-terminal.ts';
import { PictureFleet } from './picture-fleet.ts';
import { pressed, SCENES } from './picture-scenes.ts';
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

/** The scenes that need the console of one server, one after the other. */
async function walk(
  fleet: PictureFleet,
  theme: ThemeName,
  columns: number,
  rows: number,
  keep: Keep,
  scenes = SCENES,
): Promise<void> {
  const terminal = await PtyTerminal.start(['tui', '--server', fleet.address, '--theme', theme, '--user', 'lin'], {
    columns,
    rows,
  });
  try {
    await terminal.until(/Machines \d\d/);
    for (const { name, show, back } of scenes) {
      await show(terminal, fleet);
      await keep(name, terminal);
      await back?.(terminal, fleet);
    }
    if (scenes !== SCENES) return;
    terminal.resize(60, 18);
    await terminal.until('the console needs');
    await keep('too-small', terminal);
  } finally {
    await terminal.close();
  }
}

/** The scenes that have a console of their own: without machines, and without rights. */
async function alone(fleet: PictureFleet, theme: ThemeName, columns: number, rows: number, keep: Keep): Promise<void> {
  const size = { columns, rows };
  const empty = await PtyTerminal.start(
    ['tui', '--port', '0', '--store', 'memory', '--theme', theme, '--user', 'lin'],
    size,
  );
  try {
    await empty.until('No machines yet.');
    await empty.until('import 3 demo machines');
    await keep('empty', empty);
  } finally {
    await empty.close();
  }
  const args = ['tui', '--server', fleet.address, '--theme', theme, '--user', 'lin', '--read-only'];
  const readOnly = await PtyTerminal.start(args, size);
  try {
    await readOnly.until(/>\s+machine-1 /);
    await pressed(readOnly, 'b', 'started with --read-only');
    await keep('read-only', readOnly);
  } finally {
    await readOnly.close();
  }
}

async function pictures(
  fleet: PictureFleet,
  theme: ThemeName,
  columns: number,
  rows: number,
  keep: Keep,
): Promise<void> {
  await walk(fleet, theme, columns, rows, keep);
  await alone(fleet, theme, columns, rows, keep);
}

async function forDocs(): Promise<void> {
  await mkdir(docs, { recursive: true });
  const fleet = await PictureFleet.start(false);
  try {
    await pictures(fleet, 'dark', 120, 40, async (scene, terminal) => {
      const name = scene === 'machines' ? 'console' : `console-${scene}`;
      await writeFile(join(docs, `${name}.png`), pictureOf(terminal.emulator));
    });
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
        await pictures(fleet, theme, columns, rows, async (scene, terminal) => {
          const file = join(all, theme, `${columns}x${rows}-${scene}`);
          await writeFile(`${file}.png`, pictureOf(terminal.emulator, COLOURS[theme]));
          await writeFile(`${file}.txt`, `${terminal.text}\n`);
        });
        console.log(`${theme} ${columns}x${rows}`);
      }
    }
  } finally {
    await fleet.close();
  }
}

await forDocs();
if (!process.argv.includes('--docs')) await forLooking();
