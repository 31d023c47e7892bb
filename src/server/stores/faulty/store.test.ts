import { expect, it, vi } from 'vitest';
import type { Store } from '../../../core/ports/store.ts';
import { parseFaultPoint, withFaultPoint } from './store.ts';

/** As much of a store as it takes, which keeps a private field as a store with a class of its own would. */
class TinyStore implements Pick<Store, 'kind' | 'claim' | 'head'> {
  readonly kind = 'memory';
  #claims = 0;
  get claims() {
    return this.#claims;
  }
  async claim() {
    this.#claims += 1;
    const claim = { runId: 'run', machineId: 'machine', fence: this.#claims };
    // Nothing is due the second time.
    return { claims: this.#claims === 2 ? [] : [claim], nextDueAt: null };
  }
  async head() {
    return 'cursor';
  }
}

function faulty(text: string) {
  const tiny = new TinyStore();
  const die = vi.fn();
  const point = parseFaultPoint(text);
  if (point === null) throw new Error(`${text} is no fault point`);
  return { tiny, die, store: withFaultPoint(tiny as unknown as Store, point, die) };
}

it.each([
  ['1', { number: 1, when: 'before' }],
  ['12:before', { number: 12, when: 'before' }],
  ['3:after', { number: 3, when: 'after' }],
  ['0', null],
  ['-1', null],
  ['1:during', null],
  ['', null],
])('%s is %j', (text, point) => {
  expect(parseFaultPoint(text)).toEqual(point);
});

it.each([
  ['2:before', 1, 1],
  ['2:after', 2, 3],
])('at %s the process dies: %i claims were answered, %i made', async (text, answered, made) => {
  const { tiny, die, store } = faulty(text);
  expect(store.kind).toBe('memory');
  expect(await store.head()).toBe('cursor');
  for (let claim = 1; claim <= answered; claim += 1) await store.claim('me', 1);
  expect(die).not.toHaveBeenCalled();
  const told = vi.fn();
  void store.claim('me', 1).then(told, told);
  await vi.waitFor(() => expect(die).toHaveBeenCalledOnce());
  expect(tiny.claims).toBe(made);
  expect(told).not.toHaveBeenCalled();
});
