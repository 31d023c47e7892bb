import { describeStore } from '../../../../test/contract/describe-store.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { createMemoryStore } from './store.ts';

describeStore('memory', async (limits = {}) => {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock, limits });
  return {
    store,
    advance: (ms) => clock.advance(ms),
    sweep: async () => {},
    dispose: () => store.close(),
  };
});
