// npm run chaos:figures [-- RUNS]: how soon runs move again after a crash, and how soon a call stops that is canceled elsewhere.
import { setTimeout as passed } from 'node:timers/promises';
import type { Figure } from '../bench/figure.ts';
import { quantile, tableOf } from '../bench/figure.ts';
import { mapLimited } from '../src/cli/map-limited.ts';
import { Cluster } from '../test/chaos/support/cluster.ts';
import { RunWatcher } from '../test/chaos/support/run-watcher.ts';
import type { ServerProcess } from '../test/chaos/support/server-process.ts';
import type { Ordered } from '../test/chaos/support/workload.ts';
import { machineIds, register, startRuns } from '../test/chaos/support/workload.ts';
import type { TestPostgres } from '../test/support/postgres.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { buildBundle, isBundleStale } from './bundle.ts';

const RUNS = Number(process.argv[2] ?? 1_000);
/** So many of them are canceled, some at a time. */
const CANCELED = Math.min(200, RUNS);
const AT_ONCE = 8;
/** Every machine stands still in its first step, until its call is aborted or its server is gone. */
const OPTIONS = { args: ['--fault', '*/set-netboot=hang'] };
/** A server judges its peers once it has known them for a lease; this is that, and some, in milliseconds. */
const ACQUAINTED_MS = 6_000;

/** Runs that are all in the middle of a call of server a. */
interface MidCall {
  readonly a: ServerProcess;
  readonly ordered: readonly Ordered[];
  readonly watcher: RunWatcher;
}

/** Starts server a and the runs, and the others once all runs are a's; who watches then does so at the last of them. */
async function inMidCall(cluster: Cluster, others: readonly string[]): Promise<MidCall> {
  const from = await cluster.headOfLog();
  const a = await cluster.start('a');
  const client = cluster.client('a');
  await register(client, RUNS);
  const ordered = await startRuns(client, machineIds(RUNS), 'once');
  // Another server that came before would take its share, and of that nothing is interrupted.
  const first = new RunWatcher([client], from);
  await untilCalled(first, 0);
  if (others.length === 0) return { a, ordered, watcher: first };
  first.close();
  for (const name of others) await cluster.start(name);
  const watcher = new RunWatcher([cluster.client(others.at(-1) ?? 'a')], from);
  await untilCalled(watcher, 0);
  return { a, ordered, watcher };
}

/** Resolves once every run has announced a call at that time or later, with when the last one did; by the store's times. */
async function untilCalled(watcher: RunWatcher, since: number): Promise<number> {
  const called = () =>
    [...watcher.underWay].filter(({ kinds, at }) => kinds.at(-1) === 'ATTEMPT_STARTED' && at >= since);
  await watcher.until('every machine is called', () => called().length === RUNS);
  return Math.max(...called().map(({ at }) => at));
}

async function withCluster<T>(opening: Promise<Cluster>, use: (cluster: Cluster) => Promise<T>): Promise<T> {
  const cluster = await opening;
  try {
    return await use(cluster);
  } finally {
    await cluster.dispose();
  }
}

function restartOnSqlite(): Promise<Figure> {
  return withCluster(Cluster.onSqlite(OPTIONS), async (cluster) => {
    const { a, watcher } = await inMidCall(cluster, []);
    await a.kill();
    const since = Date.now();
    cluster.launch('a');
    const value = (await untilCalled(watcher, since)) - since;
    return { name: `SQLite, kill -9: ${RUNS} runs move again, from process start`, value, ...limit(2_000) };
  });
}

function killOnPostgres(postgres: TestPostgres): Promise<Figure> {
  return withCluster(Cluster.onPostgres(postgres, OPTIONS), async (cluster) => {
    const { a, watcher } = await inMidCall(cluster, ['b']);
    await passed(ACQUAINTED_MS);
    const since = Date.now();
    a.signal('SIGKILL');
    const value = (await untilCalled(watcher, since)) - since;
    return { name: `PostgreSQL, kill -9: the peer moves ${RUNS} runs, from the kill`, value, ...limit(1_500) };
  });
}

function cancelElsewhere(postgres: TestPostgres): Promise<Figure> {
  return withCluster(Cluster.onPostgres(postgres, OPTIONS), async (cluster) => {
    const { ordered, watcher } = await inMidCall(cluster, ['b']);
    const other = cluster.client('b');
    const sentAt = new Map<string, number>();
    await mapLimited(ordered.slice(0, CANCELED), AT_ONCE, async ({ runId }) => {
      sentAt.set(runId, Date.now());
      await other.runs.cancelRun({ runId });
      await watcher.untilEnded([runId]);
    });
    const took = [...sentAt].map(([runId, sent]) => (watcher.runs.get(runId)?.at ?? Number.NaN) - sent);
    const name = `PostgreSQL: a call stops that is canceled at the other server, p99 of ${CANCELED}`;
    return { name, value: quantile(took, 0.99), ...limit(1_000) };
  });
}

function limit(ms: number): Pick<Figure, 'unit' | 'limit' | 'against' | 'target'> {
  return { unit: 'ms', limit: ms, against: 'what is promised', target: 1 };
}

if (isBundleStale()) await buildBundle();
const figures = [await restartOnSqlite()];
const postgres = await startPostgres();
try {
  figures.push(await killOnPostgres(postgres), await cancelElsewhere(postgres));
} finally {
  await postgres.stop();
}
console.log(tableOf(figures));
