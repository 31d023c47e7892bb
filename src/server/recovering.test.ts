import { expect, it } from 'vitest';
import { Fleet } from '../../test/support/fleet.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { Store } from '../core/ports/store.ts';
import { Recovering } from './recovering.ts';
import { createMemoryStore } from './stores/memory/store.ts';

async function interrupted() {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock });
  const fleet = new Fleet(store);
  await fleet.registerAll(['m1', 'm2', 'm3']);
  const left = await fleet.startAndBegin('m1', { runId: 'run-1' }, 'gone');
  await fleet.announce(left);
  const mine = await fleet.startAndBegin('m2', { runId: 'run-2' }, 'me');
  await fleet.announce(mine);
  await fleet.start('m3', { runId: 'run-3' });
  let looks = 0;
  const runs: Store['runs'] = (query) => {
    looks += 1;
    return store.runs(query);
  };
  const listeners: Parameters<Store['subscribe']>[0][] = [];
  const subscribe: Store['subscribe'] = (listener) => {
    listeners.push(listener);
    return () => listeners.splice(listeners.indexOf(listener), 1);
  };
  const recovering = new Recovering({ runs, membership: null, subscribe }, clock, 'me');
  recovering.start();
  const hint = () => {
    for (const listener of listeners) listener({ peers: true });
  };
  return { clock, store, fleet, left, recovering, hint, listeners, looks: () => looks };
}

it('counts the runs that had begun under a server that is gone, and no others', async () => {
  const { recovering } = await interrupted();
  expect(await recovering.count()).toBe(1);
});

it('counts again while there are any, and not for every question', async () => {
  const { recovering, store, fleet, clock, looks } = await interrupted();
  await recovering.count();
  await recovering.count();
  expect(looks()).toBe(1);
  await store.reap('me');
  const { claims } = await store.claim('me', 10);
  expect(claims.map(({ runId }) => runId).sort()).toEqual(['run-1', 'run-3']);
  await clock.advance(500);
  expect(await recovering.count()).toBe(0);
  await fleet.label('m1', 'a', 'b');
  await clock.advance(20_000);
  expect(await recovering.count()).toBe(0);
  expect(looks()).toBe(2);
});

it('looks at once when a server may be gone, and now and then anyway', async () => {
  const { recovering, store, clock, hint, left, listeners, looks } = await interrupted();
  await store.reap('me');
  await store.claim('me', 10);
  expect(await recovering.count()).toBe(0);
  await store.release({ ...left, fence: left.fence + 1 }, 'me');
  await clock.advance(1_000);
  expect(await recovering.count()).toBe(0);
  hint();
  expect(await recovering.count()).toBe(1);
  await store.claim('me', 10);
  await clock.advance(500);
  expect(await recovering.count()).toBe(0);
  await clock.advance(30_000);
  await recovering.count();
  expect(looks()).toBe(4);
  recovering.stop();
  expect(listeners).toEqual([]);
});
