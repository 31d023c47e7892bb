import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PtyTerminal } from '../test/support/pty-terminal.ts';
import { PtyTerminal as Terminal } from '../test/support/pty-terminal.ts';
import { BusyFleet, registerMachines } from './console-fleet.ts';
import { ProbedConsole } from './console-probe.ts';
import type { Figure } from './figure.ts';
import { quantile } from './figure.ts';
import { serve } from './serve.ts';

/** How long the large fleet is watched, in minutes. */
const MINUTES = Number(process.env.BMDEMO_BENCH_MINUTES ?? 10);
const LARGE = { machines: 10_000, runs: 1_000 };
/** A repave takes six minutes at this speed: a thousand of them tell about a hundred events a second. */
const LARGE_SPEED = 0.08;
/** The time over which they begin, so that they are at different steps. */
const LARGE_BEGIN_MS = 60_000;
/** Answers each key with a number: what a key takes at least, with whatever else goes on on this machine. */
const ECHO = `let n = 0; process.stdin.setRawMode(true); process.stdin.on('data', () => process.stdout.write('\\x1b[H' + ++n));`;
/** Time between two keys, in ms. */
const KEY_EVERY = 250;

/** The console: with a large fleet, with a small one that changes all the time, with one that does not, and its first frame. */
export async function consoleFigures(): Promise<readonly Figure[]> {
  return [...(await firstFrame()), ...(await smallFleet()), ...(await largeFleet())];
}

async function largeFleet(): Promise<readonly Figure[]> {
  const served = await serve('--store', 'memory', '--slow', '--speed', String(LARGE_SPEED));
  const fleet = new BusyFleet(served.client, LARGE.machines);
  try {
    await registerMachines(served.client, LARGE.machines);
    await fleet.begin(LARGE.runs, LARGE_BEGIN_MS);
    const console = await ProbedConsole.start(['tui', '--server', served.client.address.label]);
    const echo = await Terminal.start([], { command: [process.execPath, '-e', ECHO] });
    try {
      const { terminal } = console;
      await terminal.until('10,000 machines');
      await terminal.until('Machines 10,000');
      // By phase, rows move all the time.
      terminal.press('s2');
      await terminal.until('by phase');
      await pressKeys(terminal, 20_000, echo);
      const [before, eventsBefore, begun] = [await console.usage(), fleet.events, performance.now()];
      const pressed: Pressed[] = [];
      const heaps = [before.heapMb];
      for (let minute = 0; minute < MINUTES; minute += 1) {
        pressed.push(await pressKeys(terminal, 60_000, echo));
        heaps.push((await console.usage()).heapMb);
      }
      const [passed, events] = [performance.now() - begun, fleet.events - eventsBefore];
      const after = await console.usage();
      process.stderr.write(`heap minute by minute, MB: ${heaps.map((heap) => heap.toFixed(1)).join(' ')}\n`);
      const took = pressed.flatMap((minute) => minute.took);
      const free = pressed.flatMap((minute) => minute.free);
      const echoed = pressed.flatMap((minute) => minute.echoed);
      const strayed = pressed.reduce((sum, minute) => sum + minute.strayed, 0);
      const large = '10,000 machines, 1,000 runs';
      return [
        {
          name: `events a second, ${large}`,
          value: (events * 1_000) / passed,
          unit: '/s',
          limit: 100,
          against: 'the load asked for',
          target: 1,
          atLeast: true,
        },
        ...keyFigures(`key to frame, ${large}`, took, echoed),
        ...keyFigures('the same with a core free', free, echoed),
        {
          name: `CPU, ${large}`,
          value: ((after.cpuMs - before.cpuMs) * 100) / passed,
          unit: '%',
          limit: 50,
          against: 'half of a core',
          target: 1,
        },
        {
          name: `heap after ${MINUTES} min, ${large}`,
          value: after.heapMb,
          unit: 'MB',
          // At the beginning no run has ended yet: half-way there are as many runs, lines and calls as are ever kept.
          limit: heaps[Math.floor(heaps.length / 2)] ?? before.heapMb,
          against: 'half-way',
          target: 1.05,
        },
        never(`selection left its machine, ${large}`, strayed, 'times'),
      ];
    } finally {
      await Promise.all([console.close(), echo.close()]);
    }
  } finally {
    fleet.end();
    await served.stop();
  }
}

/** Held against 50 ms beyond what a key takes anyway. */
function keyFigures(name: string, took: readonly number[], echoed: readonly number[]): readonly Figure[] {
  return [0.5, 0.95, 0.99].map((share) => ({
    name: `${name}, p${share * 100}`,
    value: quantile(took, share),
    unit: 'ms',
    limit: 50 + quantile(echoed, share),
    against: '50 ms beyond a bare echo',
    target: 1,
  }));
}

/** How long a process that could have gone on has waited for a core so far, in ms; 0 where the system does not tell. */
function waitedMs(pid: number): number {
  const file = `/proc/${pid}/task/${pid}/schedstat`;
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split(' ')[1]) / 1e6 : 0;
}

/** What pressing keys has come to. */
interface Pressed {
  /** How long each took to be seen, in ms. */
  readonly took: number[];
  /** The same without the time for which the console could have gone on and had no core, because others had them. */
  readonly free: number[];
  /** How long a program that does nothing else took to write one back, at the same time. */
  readonly echoed: number[];
  /** How often the cursor changed its machine without a key. */
  readonly strayed: number;
}

async function pressKeys(terminal: PtyTerminal, forMs: number, echo: PtyTerminal): Promise<Pressed> {
  const took: number[] = [];
  const free: number[] = [];
  const echoed: number[] = [];
  let strayed = 0;
  const end = performance.now() + forMs;
  for (let at = 0; performance.now() < end; at += 1) {
    const before = selectedIn(terminal.text);
    const waited = waitedMs(terminal.pid);
    const pressed = performance.now();
    terminal.press(at % 40 < 20 ? 'j' : 'k');
    const now = selectedIn(await terminal.until((text) => selectedIn(text) !== before));
    const passed = performance.now() - pressed;
    took.push(passed);
    free.push(passed - (waitedMs(terminal.pid) - waited));
    const { text } = echo;
    const asked = performance.now();
    echo.press('j');
    await echo.until((shown) => shown !== text);
    echoed.push(performance.now() - asked);
    await sleep(KEY_EVERY);
    if (selectedIn(terminal.text) !== now) strayed += 1;
  }
  return { took, free, echoed, strayed };
}

/** The machine that the cursor is on. */
function selectedIn(text: string): string | undefined {
  return /^│ >. ?(\S+) /m.exec(text)?.[1];
}

async function smallFleet(): Promise<readonly Figure[]> {
  const served = await serve('--store', 'memory');
  try {
    await registerMachines(served.client, 30);
    const registered = performance.now();
    const console = await ProbedConsole.start(['tui', '--server', served.client.address.label]);
    try {
      const { terminal } = console;
      await terminal.until('Machines 30');
      const change = async (at: number) => {
        const machineId = `machine-${(at % 12) + 1}`;
        const machine = await served.client.machines.getMachine({ machineId });
        if (machine.spec !== undefined) machine.spec.rack = `r${at % 10}`;
        await served.client.machines.updateMachine({ machine, updateMask: { paths: ['spec.rack'] } });
      };
      // What is compiled on the way is no cost of a frame.
      for (let at = 0; at < 100; at += 1) await Promise.all([change(at), sleep(100)]);
      const [before, drawnBefore] = [await console.usage(), console.drawn];
      for (let at = 0; at < 300; at += 1) await Promise.all([change(at), sleep(100)]);
      const [after, drawn] = [await console.usage(), console.drawn];
      const frames = drawn.frames - drawnBefore.frames;
      const what = '120×40, 10 changes a second';
      // Ages of less than a minute are counted by the second.
      await sleep(Math.max(0, registered + 62_000 - performance.now()));
      const still = console.drawn;
      await sleep(20_000);
      return [
        {
          name: `CPU a frame, ${what}`,
          value: (after.cpuMs - before.cpuMs) / frames,
          unit: 'ms',
          limit: 20,
          against: 'the limit',
          target: 1,
        },
        {
          name: `bytes a frame, ${what}`,
          value: (drawn.bytes - drawnBefore.bytes) / frames,
          unit: 'B',
          limit: 1_500,
          against: 'the limit',
          target: 1,
        },
        never(`full clears, ${what}`, drawn.clears - drawnBefore.clears, 'times'),
        never('bytes while nothing changes, 20 s', console.drawn.bytes - still.bytes, 'B'),
      ];
    } finally {
      await console.close();
    }
  } finally {
    await served.stop();
  }
}

async function firstFrame(): Promise<readonly Figure[]> {
  const bare: number[] = [];
  const first: number[] = [];
  for (let at = 0; at < 11; at += 1) {
    bare.push(
      await timed([], { command: [process.execPath, '-e', '0'] }, async (terminal) => void (await terminal.ended)),
    );
    first.push(await timed(['tui', '--port', '0', '--store', 'memory'], {}, (terminal) => terminal.until('bmdemo')));
  }
  return [
    {
      name: 'first frame beyond a bare Node, the quickest of 11',
      value: Math.min(...first) - Math.min(...bare),
      unit: 'ms',
      limit: 400,
      against: 'the limit',
      target: 1,
    },
  ];
}

async function timed(
  args: readonly string[],
  options: Parameters<typeof Terminal.start>[1],
  seen: (terminal: PtyTerminal) => Promise<unknown>,
): Promise<number> {
  const begun = performance.now();
  const terminal = await Terminal.start(args, options);
  await seen(terminal);
  const took = performance.now() - begun;
  await terminal.close();
  return took;
}

function never(name: string, value: number, unit: string): Figure {
  return { name, value, unit, limit: 1, against: 'one', target: 0 };
}
