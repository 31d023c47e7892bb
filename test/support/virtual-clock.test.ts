import { expect, test } from 'vitest';
import { wait } from '../../src/core/ports/clock.ts';
import { VirtualClock } from './virtual-clock.ts';

test('time stands still until it is moved', async () => {
  const clock = new VirtualClock(1_000);
  expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
  await clock.advance(250);
  expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250]);
});

test('timers run by time, those of one time in the order in which they were set, each at its own time', async () => {
  const clock = new VirtualClock(0);
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name}@${clock.now()}`);
  clock.after(20, note('c'));
  clock.after(10, note('a'));
  clock.after(10, note('b'));
  clock.after(21, note('late'));
  await clock.advance(20);
  expect(ran).toEqual(['a@10', 'b@10', 'c@20']);
  expect(clock.pending).toBe(1);
  await clock.advance(1);
  expect(ran.at(-1)).toBe('late@21');
});

test('what follows from a timer settles before the next one, and timers set meanwhile count', async () => {
  const clock = new VirtualClock(0);
  const seen: string[] = [];
  const signal = new AbortController().signal;
  const loop = async () => {
    for (let round = 1; round <= 3; round += 1) {
      await wait(clock, 10, signal);
      await Promise.resolve();
      seen.push(`loop ${round}@${clock.now()}`);
    }
  };
  clock.after(10, () => seen.push('other@10'));
  const done = loop();
  await clock.advance(25);
  expect(seen).toEqual(['other@10', 'loop 1@10', 'loop 2@20']);
  await clock.advance(5);
  await done;
  expect(seen.at(-1)).toBe('loop 3@30');
});

test('a timer that was taken away does not run, and may be taken away again', async () => {
  const clock = new VirtualClock();
  let ran = false;
  const cancel = clock.after(5, () => {
    ran = true;
  });
  cancel();
  await clock.advance(10);
  cancel();
  expect(ran).toBe(false);
  expect(clock.pending).toBe(0);
});

test('a timer of no time runs with the next move, even one of no time', async () => {
  const clock = new VirtualClock();
  let ran = 0;
  clock.after(0, () => {
    ran += 1;
  });
  clock.after(-5, () => {
    ran += 1;
  });
  expect(ran).toBe(0);
  await clock.advance(0);
  expect(ran).toBe(2);
});

test('a wait that is cut short leaves no timer behind', async () => {
  const clock = new VirtualClock();
  const abort = new AbortController();
  const waiting = wait(clock, 1_000, abort.signal);
  abort.abort();
  expect(await waiting).toBe(false);
  expect(clock.pending).toBe(0);
});

test('an hour of one-second timers passes', async () => {
  const clock = new VirtualClock(0);
  let ticks = 0;
  const tick = () => {
    ticks += 1;
    clock.after(1_000, tick);
  };
  clock.after(1_000, tick);
  await clock.advance(3_600_000);
  expect(ticks).toBe(3_600);
});

test('a jump moves the wall clock and nothing else', async () => {
  const clock = new VirtualClock(10_000);
  let ran = false;
  clock.after(100, () => {
    ran = true;
  });
  clock.jump(-5_000);
  expect([clock.now(), clock.monotonic(), ran]).toEqual([5_000, 0, false]);
  await clock.advance(100);
  expect([clock.now(), clock.monotonic(), ran]).toEqual([5_100, 100, true]);
});
