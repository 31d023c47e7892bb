import { createMemoryStore } from '../../src/server/stores/memory/store.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import type { StoreFactory } from './fixture.ts';

/** A memory store on a virtual clock. */
export const memoryFixture: StoreFactory = async (limits = {}) => {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock, limits });
  return {
    store,
    advance: (ms) => clock.advance(ms),
    sweep: async () => {},
    dispose: () => store.close(),
  };
};
