import { setTimeout as passed } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseAddress } from '../../src/client/address.ts';
import { connect } from '../../src/client/client.ts';
import { openProxy } from '../postgres/proxy.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { Cluster } from './support/cluster.ts';
import { judgeWatchers, RunWatcher } from './support/run-watcher.ts';
import type { ServerProcess } from './support/server-process.ts';
import { SIZE } from './support/size.ts';
import type { Ordered } from './support/workload.ts';
import { machineIds, register, startRuns } from './support/workload.ts';

const RUNS = 20;
const LEASE_MS = 1_500;
/** In the middle of its image each machine of server a stands still: until the call is aborted, or for a while. */
const FOR_GOOD = 'hang@3/6';
const FOR_A_WHILE = 'late@3/6,by=4s';
/** Or it takes no notice of the abort, and then does in one go what was left to do. */
const STUBBORN = 'ignore-abort@1/6,for=1ms';
const LOST = /has lost its standing/;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

/** Server a, in the middle of a call to each machine, and server b, which has nothing to do so far. */
interface Scene {
  readonly cluster: Cluster;
  readonly a: ServerProcess;
  readonly b: ServerProcess;
  readonly watcher: RunWatcher;
  readonly ordered: readonly Ordered[];
  /** Lets both do something more, and says what in all of it must not be. */
  readonly close: (frozen: boolean) => Promise<readonly string[]>;
}

async function inMidCall(
  leaseMs: number,
  fault: string,
  throughOf: (url: string) => string = (url) => url,
): Promise<Scene> {
  const cluster = await Cluster.onPostgres(postgres, { leaseMs, args: ['--speed', '20'] });
  onTestFinished(() => cluster.dispose());
  const from = await cluster.headOfLog();
  const store = cluster.store.kind === 'postgres' ? ['--store', throughOf(cluster.store.url)] : [];
  const a = await cluster.start('a', { args: [...store, '--fault', `*/repave-image=${fault}`] });
  const machines = machineIds(RUNS);
  await register(cluster.client('a'), RUNS);
  const ordered = await startRuns(cluster.client('a'), machines, 'first');
  const b = await cluster.start('b');
  const watcher = new RunWatcher([cluster.client('b')], from);
  await watcher.until('the machines are imaged', () => inStep(watcher, 'repave-image') === RUNS);
  const close = async (frozen: boolean) => {
    const more = await startRuns(cluster.client('b'), machines, 'second', 'REBOOT', true);
    await watcher.untilEnded(more.map(({ runId }) => runId));
    const exits = [await a.terminate(), await b.terminate()];
    const faults = exits.filter(({ code }) => code !== 0).map((exit) => `a server ended with ${JSON.stringify(exit)}`);
    return [
      ...faults,
      ...judgeWatchers([watcher]),
      ...(await cluster.judge(from, { frozen, ends: ['SUCCEEDED', 'CANCELED'] })),
    ];
  };
  return { cluster, a, b, watcher, ordered, close };
}

function inStep({ underWay }: RunWatcher, name: string): number {
  return [...underWay].filter(({ step, kinds }) => step === name && kinds.at(-1) === 'ATTEMPT_STARTED').length;
}

function kindsOf({ runs }: RunWatcher, { runId }: Ordered): readonly string[] {
  return runs.get(runId)?.kinds ?? [];
}

describe('a server that shares PostgreSQL and is stopped for three lease times', () => {
  it(
    "changes nothing when it goes on: its runs are another's, and the fence refuses its calls",
    async () => {
      const { cluster, a, watcher, ordered, close } = await inMidCall(LEASE_MS, STUBBORN);
      cluster.freeze(a);
      const threeLeases = passed(3 * LEASE_MS);
      const going = (await cluster.journal()).filter(({ end }) => end === null).map(({ number }) => number);
      expect(going.length).toBeGreaterThan(0);
      await watcher.untilEnded(ordered.map(({ runId }) => runId));
      await threeLeases;
      a.signal('SIGCONT');
      await a.logged(LOST);
      expect(await close(true)).toEqual([]);
      const stale = (await cluster.journal()).filter(({ number }) => going.includes(number));
      expect(stale.map(({ end, staleWrites }) => ({ end, staleWrites }))).toEqual(
        going.map(() => ({ end: { kind: 'refused', code: 'STALE_TOKEN' }, staleWrites: 1 })),
      );
    },
    SIZE.timeoutMs,
  );
});

describe('a server whose way to PostgreSQL swallows everything', () => {
  it(
    'has stopped its calls before another takes its runs, and comes back when the way is mended',
    async () => {
      const proxy = await openProxy(postgres);
      onTestFinished(() => proxy.close());
      const { a, watcher, ordered, close } = await inMidCall(LEASE_MS, FOR_GOOD, (url) => proxy.through(url));
      proxy.swallow();
      await watcher.untilEnded(ordered.map(({ runId }) => runId));
      await a.logged(LOST);
      proxy.mend();
      expect(await close(false)).toEqual([]);
    },
    SIZE.timeoutMs,
  );
});

describe('PostgreSQL', () => {
  it(
    'restarted within the lease interrupts no call, and no server takes another for dead',
    async () => {
      const { a, b, watcher, ordered, close } = await inMidCall(30_000, FOR_A_WHILE);
      await postgres.power?.off();
      await postgres.power?.on();
      await watcher.untilEnded(ordered.map(({ runId }) => runId));
      for (const order of ordered) expect(kindsOf(watcher, order)).not.toContain('ATTEMPT_INTERRUPTED');
      for (const { log } of [a, b]) {
        expect(log.filter(({ msg }) => LOST.test(msg) || /a server is gone/.test(msg))).toEqual([]);
      }
      expect(await close(false)).toEqual([]);
    },
    SIZE.timeoutMs,
  );

  it(
    'gone for longer than the lease is waited for: calls answer UNAVAILABLE, and all goes on when it is back',
    async () => {
      const { cluster, a, watcher, ordered, close } = await inMidCall(LEASE_MS, FOR_A_WHILE);
      await postgres.power?.off();
      const client = connect({ address: parseAddress(cluster.addressOf('a')), timeoutMs: 5_000 });
      const [order] = ordered;
      await expect(client.runs.getRun({ runId: order?.runId ?? '' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      client.close();
      await a.logged(LOST);
      await postgres.power?.on();
      await watcher.untilEnded(ordered.map(({ runId }) => runId));
      expect(await close(false)).toEqual([]);
    },
    SIZE.timeoutMs,
  );
});

describe('a run on one server that is canceled at another', () => {
  it(
    'has its call stopped, and its machine freed',
    async () => {
      const { cluster, watcher, ordered, close } = await inMidCall(LEASE_MS, FOR_GOOD);
      const other = cluster.client('b');
      await Promise.all(ordered.map(({ runId }) => other.runs.cancelRun({ runId, reason: 'test' })));
      await watcher.untilEnded(ordered.map(({ runId }) => runId));
      for (const order of ordered) expect(kindsOf(watcher, order).slice(-2)).toEqual(['CANCELED', 'STOPPED']);
      expect(await close(false)).toEqual([]);
    },
    SIZE.timeoutMs,
  );
});
