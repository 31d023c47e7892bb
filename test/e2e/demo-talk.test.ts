import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import xterm from '@xterm/headless';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PROGRAM, PtyTerminal } from '../support/pty-terminal.ts';

function home(): string {
  const directory = mkdtempSync(join(tmpdir(), 'bmdemo-talk-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function demo(...args: readonly string[]): Promise<PtyTerminal> {
  const terminal = await PtyTerminal.start(['demo', '--fast', ...args], { env: { XDG_RUNTIME_DIR: home() } });
  onTestFinished(() => terminal.close());
  return terminal;
}

/** Presses space until the screen shows what it is to lead to. A press that comes too soon after another one counts as the same. */
async function pressUntil(tour: PtyTerminal, shown: string | RegExp | ((text: string) => boolean)): Promise<string> {
  const pressing = setInterval(() => tour.press(' '), 400);
  try {
    return await tour.until(shown);
  } finally {
    clearInterval(pressing);
  }
}

type Event = readonly [number, 'o' | 'r' | 'm', string];

/** The lines of a recording; each is JSON whenever it is read. */
function recorded(file: string) {
  const [header, ...events] = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { header, events: events as readonly Event[] };
}

/** The last screen of a recording, as a player shows it. */
async function lastScreen(file: string): Promise<string> {
  const { header, events } = recorded(file);
  const player = new xterm.Terminal({ cols: header.width, rows: header.height, allowProposedApi: true });
  for (const [, code, data] of events) {
    if (code === 'o') await new Promise<void>((done) => player.write(data, done));
    if (code === 'r') player.resize(...(data.split('x').map(Number) as [number, number]));
  }
  const { active } = player.buffer;
  return Array.from({ length: player.rows }, (_, row) =>
    (active.getLine(active.viewportY + row)?.translateToString(true) ?? '').trimEnd(),
  ).join('\n');
}

describe('bmdemo demo --record', () => {
  it('records what the audience sees, with the chapters as markers, while the talk is driven by every key', async () => {
    const file = join(home(), 'talk.cast');
    const tour = await demo('--speed', '20', '--port', '0', '--record', file, '--idle-limit', '1.5');
    await tour.until('Space begins');
    tour.press('n');
    await tour.until('the screen is being recorded');
    tour.press('3G');
    await tour.until('3 of 10');
    // By itself, until it is paused; and then no further.
    tour.press('a');
    await tour.until('TOUR auto');
    tour.press('p');
    await tour.until('TOUR paused');
    tour.press('p');
    tour.press('a');
    await tour.until((text) => / TOUR {2}/.test(text) && !text.includes('TOUR auto'));
    tour.press('4G');
    await tour.until('4 of 10');
    tour.resize(100, 30);
    await tour.until((text) => text.includes('4 of 10') && recorded(file).events.some(([, code]) => code === 'r'));
    // With the machines of the chapter before: they would come in behind the question, and what was asked over is compared.
    await tour.until((text) => text.includes('show the command') && text.includes('Machines 3'));
    tour.press('q');
    const asked = await tour.until('End the tour?');
    tour.press('y');
    expect((await tour.ended).exitCode).toBe(0);
    expect(tour.text).toContain(`recorded in ${file}`);
    const { header, events } = recorded(file);
    expect(header).toMatchObject({ version: 2, width: 120, height: 40, idle_time_limit: 1.5 });
    expect(events.filter(([, code]) => code === 'm').map(([, , label]) => label)).toEqual([
      '3 of 10 · Import machines',
      '4 of 10 · Inventory and phases',
    ]);
    expect(events.filter(([, code]) => code === 'r').map(([, , size]) => size)).toEqual(['100x30']);
    expect(events.every(([at], index) => at >= (events[index - 1]?.[0] ?? 0))).toBe(true);
    expect(events.some(([, , data]) => data.includes('\x1b[?1049l'))).toBe(false);
    // The machines have grown older by the time that it ended, and the strip says nothing any more.
    const shown = (screen: string) =>
      screen
        .replaceAll(/\b\d+s\b/g, 'AGE')
        .split('\n')
        .slice(0, -2);
    expect(shown(await lastScreen(file))).toEqual(shown(asked));
  });

  it('leaves a recording that plays when it is killed, and takes no file that is there', async () => {
    const file = join(home(), 'talk.cast');
    const tour = await demo('--port', '0', '--record', file);
    const shown = await tour.until('Space begins');
    process.kill(tour.pid, 'SIGKILL');
    await tour.ended;
    expect(await lastScreen(file)).toBe(shown);
    const again = await demo('--port', '0', '--record', file);
    expect((await again.ended).exitCode).toBe(2);
    expect(again.text).toContain('is there already; --force writes over it');
  });
});

describe('a talk in which something goes wrong', () => {
  it('says what, and offers it again, to leave it out, and to explore', async () => {
    const tour = await demo(
      '--speed',
      '20',
      '--port',
      '0',
      '--from',
      '5',
      '--fault',
      'machine-1/repave-image=fail,terminal',
    );
    await tour.until('Space begins');
    const failed = await pressUntil(tour, (text) => text.includes('r again') && text.includes('s skip'));
    expect(failed).toContain('e explore');
    const first = /Run (\w{8})/.exec(failed)?.[1];
    tour.press('r');
    // A fault counts for each run: so it happens again, to another one.
    await tour.until('show the command');
    await pressUntil(tour, (text) => text.includes('r again') && /Run (\w{8})/.exec(text)?.[1] !== first);
    tour.press('s');
    await tour.until('left out');
    expect(await pressUntil(tour, (text) => !text.includes('left out'))).toContain('5 of 10');
  });

  it('goes on when a server that is not its own is killed and comes back', async () => {
    const store = `sqlite:${join(home(), 'store.db')}`;
    const first = await serve('--port', '0', '--store', store);
    const tour = await demo('--server', first.address);
    await tour.until('Space begins');
    tour.press('3G');
    await tour.until('3 of 10');
    await pressUntil(tour, 'run it');
    first.process.kill('SIGKILL');
    await once(first.process, 'exit');
    await tour.until('the server is away');
    const port = first.address.split(':')[1] ?? '';
    await serve('--port', port, '--store', store);
    await tour.until((text) => !text.includes('the server is away'));
    await pressUntil(tour, /machine-3 +FACTORY_READY/);
  });
});

/** Starts a server; it ends with the test. */
async function serve(...args: readonly string[]): Promise<{ process: ChildProcess; address: string }> {
  const directory = home();
  const env = { ...process.env, XDG_STATE_HOME: directory, XDG_CONFIG_HOME: directory };
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--speed', '20', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { process: child, address: /listens on (\S+)/.exec(line)?.[1] ?? '' };
}
