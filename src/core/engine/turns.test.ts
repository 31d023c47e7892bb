import { expect, it } from 'vitest';
import { settle } from '../../../test/support/virtual-clock.ts';
import { Turns } from './turns.ts';

const never = new AbortController().signal;

/** Has so many come, and tells who has entered so far. */
function crowd(turns: Turns, count: number, signal = never) {
  const entered: string[] = [];
  const come = (name: string, isLate = false) => void turns.enter(signal, isLate).then(() => entered.push(name));
  for (let n = 1; n <= count; n += 1) come(`${n}`);
  return { entered, come };
}

it('lets some go at once, and the others in the order in which they came, the late ones first', async () => {
  const turns = new Turns();
  const { entered, come } = crowd(turns, 66);
  come('late', true);
  await settle();
  expect(entered).toHaveLength(64);
  turns.leave(true);
  turns.leave(true);
  await settle();
  expect(entered.slice(64)).toEqual(['late', '65']);
});

it('lets fewer go while they come too late, down to one, and more again when they are in time', async () => {
  const turns = new Turns();
  const { entered } = crowd(turns, 200);
  for (let n = 0; n < 64; n += 1) turns.leave(false);
  await settle();
  expect(entered).toHaveLength(65);
  turns.leave(true);
  await settle();
  expect(entered).toHaveLength(67);
});

it('holds nobody back once all is over', async () => {
  const turns = new Turns();
  const over = new AbortController();
  const { entered } = crowd(turns, 70, over.signal);
  await settle();
  over.abort();
  await settle();
  expect(entered).toHaveLength(70);
  for (let n = 0; n < 70; n += 1) turns.leave(true);
  expect(await turns.enter(never, false)).toBe(true);
});
