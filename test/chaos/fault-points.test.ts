import { describe, expect, it, onTestFinished } from 'vitest';
import { FAULT_POINT_VARIABLE } from '../../src/server/open-server.ts';
import { startPostgres } from '../support/postgres.ts';
import { Cluster } from './support/cluster.ts';
import { followLog, judgeLogs } from './support/log-reader.ts';
import { RunWatcher } from './support/run-watcher.ts';
import { SIZE } from './support/size.ts';
import { judgeRequests, machineIds, register, startRun } from './support/workload.ts';

/** One repave writes no more often than this, whatever its logs share; the test ends with the first point not reached. */
const MOST_POINTS = 100;
/** Stores that are tried at the same time, each with points of its own. */
const LANES = 2;
const OPTIONS = { args: ['--speed', '40'], leaseMs: 1_000 };

const STORES: Readonly<Record<string, () => Promise<() => Promise<Cluster>>>> = {
  SQLite: async () => () => Cluster.onSqlite(OPTIONS),
  PostgreSQL: async () => {
    const postgres = await startPostgres();
    onTestFinished(() => postgres.stop());
    return () => Cluster.onPostgres(postgres, OPTIONS);
  },
};

describe.each(SIZE.stores)('a server on %s that dies', (store) => {
  it.each(SIZE.sides)(
    '%s each write in turn, while one machine is repaved, is followed by one that goes on there',
    async (side) => {
      const open = await STORES[store]?.();
      if (open === undefined) throw new Error(`there is no store ${store}`);
      const points = Array.from({ length: MOST_POINTS }, (_, index) => index + 1).values();
      const lanes = Array.from({ length: LANES }, async () => {
        const cluster = await open();
        onTestFinished(() => cluster.dispose());
        return tryPoints(cluster, points, side);
      });
      const results = await Promise.all(lanes);
      expect(results.flatMap(({ faults }) => faults)).toEqual([]);
      // Two writes for each of five steps, and those around them: fewer, and the points are not where they are meant to be.
      const last = Math.min(...results.map(({ notReached }) => notReached));
      expect(last).toBeGreaterThan(12);
      expect(last).toBeLessThanOrEqual(MOST_POINTS);
    },
    SIZE.timeoutMs,
  );
});

/** Tries points as long as there are any that a server comes to; each repaves a machine of its own. */
async function tryPoints(cluster: Cluster, points: Iterable<number>, side: string) {
  const from = await cluster.headOfLog();
  const first = await cluster.start('a');
  const client = cluster.client('a');
  await register(client, MOST_POINTS);
  await first.terminate();
  const watcher = new RunWatcher([cluster.client('a')], from);
  const faults: string[] = [];
  for (const point of points) {
    const told = await dieAt(cluster, watcher, `${point}:${side}`, machineIds(point).at(-1) ?? '');
    faults.push(...told.faults.map((fault) => `${point}:${side}: ${fault}`));
    if (told.isReached) continue;
    faults.push(...watcher.faults, ...cluster.servers.flatMap((server) => server.faults()));
    return { notReached: point, faults: [...faults, ...(await cluster.judge(from))] };
  }
  return { notReached: Number.POSITIVE_INFINITY, faults };
}

/** Repaves a machine with a server that dies at that point, and another one after it. */
async function dieAt(cluster: Cluster, watcher: RunWatcher, point: string, machineId: string) {
  const doomed = cluster.launch('a', { env: { [FAULT_POINT_VARIABLE]: point } });
  const client = cluster.client('a');
  const next = doomed.exited(60_000).then(({ signal }) => (signal === 'SIGKILL' ? cluster.start('a') : null));
  next.catch(() => {}); // It is looked at below, unless something fails before that.
  // Where the server dies before it has answered, the client asks again, with the same request id.
  const order = await startRun(client, machineId, 'once');
  const log = await followLog(client, order.runId);
  await watcher.untilEnded([order.runId]);
  // The point may be one that a server comes to only when it ends.
  if (doomed.isAlive) doomed.signal('SIGTERM');
  const last = await next;
  const faults: string[] = [];
  if (last !== null) {
    faults.push(...(await judgeLogs(client, [log])), ...(await judgeRequests(client, [order])));
    last.signal('SIGTERM');
  }
  const { code, signal } = await (last ?? doomed).exited();
  if (code !== 0) faults.push(`the last server ended with ${code ?? signal}`);
  client.close();
  return { isReached: last !== null, faults };
}
