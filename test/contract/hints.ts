import { beforeEach, describe, expect, test } from 'vitest';
import { FLAKED } from '../../src/core/domain/testing.ts';
import type { Hint, Store } from '../../src/core/ports/store.ts';
import type { Fleet } from '../support/fleet.ts';
import type { StoreFactory } from './fixture.ts';
import { opening } from './fixture.ts';

/** Listens from now on; `next` resolves with the first hint that was or will be heard and fits. */
function listen(store: Store): { next: (fits: (hint: Hint) => boolean) => Promise<Hint>; stop: () => void } {
  const heard: Hint[] = [];
  const waiting = new Set<() => void>();
  const stop = store.subscribe((hint) => {
    heard.push(hint);
    for (const look of waiting) look();
  });
  const next = (fits: (hint: Hint) => boolean) =>
    new Promise<Hint>((resolve) => {
      const look = () => {
        const found = heard.find(fits);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return { next, stop };
}

/** What listeners are told. */
export function hintContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  beforeEach(async () => {
    ({ store, fleet } = await open());
    await fleet.register('m1');
  });

  describe('a listener is told', () => {
    test('that the log has grown', async () => {
      const { next } = listen(store);
      await fleet.label('m1', 'a', 'b');
      expect((await next((hint) => hint.events === true)).events).toBe(true);
    });

    test('that a run may be due: accepted, given up, or in a back-off that ends sooner than any', async () => {
      const accepted = listen(store);
      await fleet.start('m1');
      await accepted.next((hint) => hint.due === true);
      const held = await fleet.claim();
      const given = listen(store);
      await store.release(held, held.owner);
      await given.next((hint) => hint.due === true);
      const again = await fleet.claim();
      await fleet.begin(again);
      await fleet.announce(again);
      const backingOff = listen(store);
      await fleet.end(again, FLAKED, 0.9);
      await backingOff.next((hint) => hint.due === true);
      const skipped = listen(store);
      await fleet.retryNow('m1', held.runId);
      expect((await skipped.next((hint) => hint.due === true)).due).toBe(true);
    });

    test('that a run was canceled under its owner', async () => {
      const held = await fleet.startAndBegin('m1');
      await fleet.announce(held);
      const { next } = listen(store);
      await fleet.cancel('m1', held.runId);
      await next((hint) => hint.stop === true);
      expect(await store.stopping(held.owner)).toEqual([held.runId]);
    });

    test('whose log has grown, and that there is progress', async () => {
      const held = await fleet.startAndBegin('m1');
      const { next } = listen(store);
      const line = { at: 0, stream: 'stdout', data: Uint8Array.of(65), step: 'reboot', attempt: 1 } as const;
      await store.appendLogs([{ ...held, lines: [line], progress: null }]);
      expect((await next((hint) => hint.logs !== undefined)).logs).toEqual([held.runId]);
      const progress = { step: 0, attempt: 1, current: 1, total: 2, unit: '', note: '' };
      await store.appendLogs([{ ...held, lines: [], progress }]);
      await next((hint) => hint.progress === true);
    });
  });

  test('a listener that throws breaks neither the change nor the others', async () => {
    store.subscribe(() => {
      throw new Error('a listener of this test');
    });
    const { next } = listen(store);
    await fleet.label('m1', 'a', 'b');
    await next((hint) => hint.events === true);
    expect((await store.machine('m1'))?.labels).toEqual({ a: 'b' });
  });

  test('a listener may use the store, and sees what it was told of', async () => {
    const seen = new Promise((resolve) => {
      store.subscribe((hint) => {
        if (hint.events === true) resolve(store.machine('m1').then((machine) => machine?.labels));
      });
    });
    await fleet.label('m1', 'a', 'b');
    expect(await seen).toEqual({ a: 'b' });
  });

  test('who has stopped listening is told nothing more', async () => {
    const gone: Hint[] = [];
    const stop = store.subscribe((hint) => gone.push(hint));
    stop();
    stop();
    const { next } = listen(store);
    await fleet.label('m1', 'a', 'b');
    await next((hint) => hint.events === true);
    expect(gone).toEqual([]);
  });

  test('what is closed answers nothing more', async () => {
    const head = await store.head();
    await store.close();
    await expect(store.load('m1')).rejects.toThrow();
    await expect(store.head()).rejects.toThrow();
    await expect(store.tail(head, 1)).rejects.toThrow();
    await expect(store.claim('server-1', 1)).rejects.toThrow();
    await expect(store.appendLogs([])).rejects.toThrow();
    await expect(store.machine('m1')).rejects.toThrow();
    await store.close();
  });
}
