import { expect, it } from 'vitest';
import { DONE, EngineBench } from '../../../test/support/engine-bench.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { createMemoryStore } from '../../server/stores/memory/store.ts';
import { wait } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';

const RUNS = 200;
/** Two hundred announcements at once then take four times as long as one is good for. */
const COMMIT_MS = 10;

it('calls that are due together are all made by a store that takes one commit after the other', async () => {
  const clock = new VirtualClock();
  const memory = createMemoryStore({ clock });
  let queue: Promise<unknown> = Promise.resolve();
  let isSlow = false;
  const never = new AbortController().signal;
  const slow: Store = {
    ...memory,
    commit: (change) => {
      if (!isSlow) return memory.commit(change);
      const committed = queue.then(() => wait(clock, COMMIT_MS, never)).then(() => memory.commit(change));
      queue = committed;
      return committed;
    },
  };
  const bench = new EngineBench(slow, 1_000, clock);
  const head = await memory.head();
  for (let n = 1; n <= RUNS; n += 1) {
    await bench.register(`m${n}`);
    await bench.start(`m${n}`, 'reboot');
  }
  bench.provider.rule = () => DONE;
  isSlow = true;
  bench.engine.start();
  await clock.advance(60_000);
  const events = await bench.events(head);
  expect(events.filter(({ kind, subject }) => subject === 'run' && kind === 'SUCCEEDED')).toHaveLength(RUNS);
  expect(bench.provider.journal).toHaveLength(RUNS);
  // Some are announced again until the engine has found out how many the store can take at a time.
  expect(events.filter(({ kind }) => kind === 'ATTEMPT_STARTED').length).toBeLessThan(3 * RUNS);
});
