import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PROGRAM, PtyTerminal } from '../support/pty-terminal.ts';

function home(): string {
  const directory = mkdtempSync(join(tmpdir(), 'bmdemo-demo-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Runs the program in a pipe. */
async function run(...args: readonly string[]) {
  const directory = home();
  const env = { ...process.env, XDG_STATE_HOME: directory, XDG_CONFIG_HOME: directory, XDG_RUNTIME_DIR: directory };
  const child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, out, err };
}

async function onTerminal(runtime: string, ...args: readonly string[]): Promise<PtyTerminal> {
  const terminal = await PtyTerminal.start(args, { env: { XDG_RUNTIME_DIR: runtime } });
  onTestFinished(() => terminal.close());
  return terminal;
}

describe('bmdemo demo in a pipe', () => {
  it('plays every chapter, and ends with 0 because each did what it says', async () => {
    const { code, out } = await run('demo', '--auto', '0', '--speed', '20', '--port', '0');
    expect(out).toContain('== 10 of 10 · Run history');
    expect(code).toBe(0);
    const [first, second] = [...out.matchAll(/^ {2}(?:first|second) +change-4711 +([0-9a-z]{16})$/gm)];
    expect(first?.[1]).toBeDefined();
    expect(second?.[1]).toBe(first?.[1]);
    // The answer to a command comes before the log of what it has begun.
    const accepted = [...out.matchAll(/^ {2}run (\w{8}) on machine-\d accepted$/gm)];
    expect(accepted).toHaveLength(6);
    expect(out.match(/graceful stop, 0 runs lost/g)).toHaveLength(1);
    for (const { 1: id, index } of accepted) {
      const log = out.search(new RegExp(`^run ${id}\\w+ of machine-`, 'm'));
      if (log >= 0) expect(log).toBeGreaterThan(index);
    }
    for (const claim of [
      /✓ run \w{8} on machine-1 has tried verify-in-cluster again, attempt 2 of 4/,
      /✓ machine-1 has passed PROVISIONING, READY, IN_SERVICE/,
      /✓ run \w{8} on machine-2 is CANCELED in repave-image/,
      /✓ machine-2 is MAINTENANCE, with NeedsIntervention: .*wrong machine/,
      /✓ machine-3 is RMA, with RMA: .*bad memory module/,
      /graceful stop, 0 runs lost/,
    ]) {
      expect(out).toMatch(claim);
    }
  });

  it.each([
    ['machine-1/repave-image=fail,terminal', '5 of 10 · Repave a machine', '6 of 10'],
    ['machine-3/mark-rma=fail,terminal', '9 of 10 · Hardware fails', '10 of 10'],
  ])('ends with 1 and goes no further where a chapter does not do what it says, for %s', async (fault, last, next) => {
    const { code, out } = await run('demo', '--auto', '0', '--speed', '20', '--port', '0', '--fault', fault);
    expect(out).toContain(`== ${last}`);
    expect(out).toMatch(/✗ run \w{8} on machine-\d FAILED: .+\n$/);
    expect(out).not.toContain(next);
    expect(code).toBe(1);
  });

  it.each(['--store', '--fake-world'])('says why it takes no %s', async (flag) => {
    const { code, err } = await run('demo', flag, 'memory');
    expect(err).toContain(`${flag} is not for a talk, which begins with a fresh store and fresh hardware each time`);
    expect(code).toBe(2);
  });

  it('looks through a script and names every mistake', async () => {
    const file = join(home(), 'walk.yaml');
    writeFileSync(
      file,
      'title: A walk\nfaults: ["machine-1/x=nonsense"]\nchapters:\n  - { id: a, title: A, time: 5s, beats: [] }\n',
    );
    const { code, out } = await run('demo', '--check', file);
    expect(out).toContain(`${file}:4:`);
    expect(code).toBe(2);
  });

  it('says that no server is there', async () => {
    const { code, err } = await run('demo', '--server', '127.0.0.1:1');
    expect(err).toMatch(/no bmdemo server answers/);
    expect(code).toBe(4);
  });

  it('does not take a server and what a server should be at the same time', async () => {
    const { code, err } = await run('demo', '--server', '127.0.0.1:1', '--speed', '3');
    expect(err).toMatch(/--server and --speed do not go together/);
    expect(code).toBe(2);
  });
});

describe('bmdemo demo on a terminal', () => {
  it('is driven on the console and from the notes screen, which may be killed and opened again', async () => {
    const runtime = home();
    const tour = await onTerminal(runtime, 'demo', '--fast', '--speed', '20', '--port', '0');
    const ready = await tour.until('Space begins');
    expect(ready).toContain('○ no server yet');
    expect(ready).not.toContain('loading');
    expect(ready).toMatch(/server +127\.0\.0\.1, on a free port/);
    const notes = await onTerminal(runtime, 'notes');
    await notes.until('Ready: space begins');
    await tour.until('1 attached');
    notes.press(' ');
    await tour.until('What you will see');
    await notes.until('Space goes on.');
    await notes.close();
    const again = await onTerminal(runtime, 'notes');
    await again.until('What you will see');
    again.press('2G');
    const empty = await tour.until('No machines yet.');
    expect(empty).not.toContain('import 3 demo machines');
    again.press('9G');
    await tour.until('9 of 10');
    await again.until((text) => text.includes('Hardware fails  1/2') && text.includes('Space shows the command.'));
    tour.press(' ');
    await tour.until('$ bmdemo rma machine-3 --reason "bad memory module in slot A3"');
    await again.until('Space runs the command.');
    // Not space: two presses so shortly after each other count once, wherever they come from.
    again.press('r');
    await tour.until(/machine-3 +RMA/);
    // Back is for the notes alone: what was done stays done.
    again.press('h');
    await again.until('Cancel is idempotent, too');
    expect(tour.text).toMatch(/machine-3 +RMA/);
    tour.press('q');
    await tour.until('End the tour?');
    tour.press('y');
    expect((await tour.ended).exitCode).toBe(0);
    await again.until('No tour is running');
    again.press('q');
    expect((await again.ended).exitCode).toBe(0);
  });

  it('lets no action of the console through, hands the keyboard over to explore, and puts the room in order after it', async () => {
    const tour = await onTerminal(home(), 'demo', '--fast', '--speed', '20', '--port', '0', '--from', '4');
    await tour.until('Space begins');
    tour.press(' ');
    await tour.until('4 of 10');
    tour.press('c');
    await tour.until('PLANNED');
    tour.press('c');
    await tour.until((text) => !text.includes('PLANNED'));
    tour.press('e');
    await tour.until('EXPLORING');
    await tour.until(/> +machine-1 +FACTORY_READY/);
    tour.press('b');
    await tour.until((text) => text.includes('Reboot machine-1?') && text.includes('Esc cancel'));
    tour.press('\x1b');
    await tour.until((text) => !text.includes('Reboot machine-1?'));
    tour.press('\x14');
    await tour.until((text) => text.includes('TOUR') && !text.includes('EXPLORING'));
    // b means nothing while the tour has the keyboard.
    tour.press('b');
    tour.press('6G');
    await tour.until('6 of 10');
    await tour.until(/machine-1 +IN_SERVICE/);
    expect(tour.text).not.toContain('Reboot machine-1?');
    tour.press('.');
    await tour.until((text) => text.trim() === '');
    tour.press('.');
    await tour.until('6 of 10');
    tour.press('R');
    await tour.until('show the command');
    tour.press('\x03');
    await tour.until('End the tour?');
    tour.press('\x03');
    expect((await tour.ended).exitCode).toBe(0);
  });
});
