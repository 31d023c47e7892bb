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
    return { claims: [], nextDueAt: this.#claims };
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
  ['2:before', 1],
  ['2:after', 2],
])('at %s the process dies at the second mutation, of which %i are made', async (text, made) => {
  const { tiny, die, store } = faulty(text);
  expect(store.kind).toBe('memory');
  expect(await store.head()).toBe('cursor');
  expect(await store.claim('me', 1)).toMatchObject({ nextDueAt: 1 });
  expect(die).not.toHaveBeenCalled();
  const answered = vi.fn();
  void store.claim('me', 1).then(answered, answered);
  await vi.waitFor(() => expect(die).toHaveBeenCalledOnce());
  expect(tiny.claims).toBe(made);
  expect(answered).not.toHaveBeenCalled();
});
