import { cp } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mapLimited } from '../../src/cli/map-limited.ts';
import { FAULT_POINT_VARIABLE } from '../../src/server/open-server.ts';
import { Cluster } from './support/cluster.ts';
import { followLog } from './support/log-reader.ts';
import { RunWatcher } from './support/run-watcher.ts';
import { SIZE } from './support/size.ts';
import { register, startRun } from './support/workload.ts';

/** One repave writes no more often than this, whatever its logs share; the test ends with the first point that is not reached. */
const MOST_POINTS = 100;
/** Points that are tried at the same time. */
const AT_ONCE = 2;

/** What came of one point. */
interface Trial {
  /** False where the run was over before the server came to the point. */
  readonly reached: boolean;
  readonly faults: readonly string[];
}

describe('a server that dies at each write to its store in turn', () => {
  it.each(SIZE.sides)(
    '%s it, while one machine is repaved, goes on where it was',
    async (side) => {
      const template = await prepared();
      const faults: string[] = [];
      let last = MOST_POINTS;
      const points = Array.from({ length: MOST_POINTS }, (_, index) => index + 1);
      await mapLimited(points, AT_ONCE, async (point) => {
        if (point > last) return;
        const trial = await dieAt(template, `${point}:${side}`);
        if (!trial.reached) last = Math.min(last, point);
        faults.push(...trial.faults.map((fault) => `${point}:${side}: ${fault}`));
      });
      expect(faults).toEqual([]);
      // Two writes for each of five steps, and those around them: fewer, and the points would not be where they are meant.
      expect(last).toBeGreaterThan(12);
      expect(last).toBeLessThan(MOST_POINTS);
    },
    SIZE.timeoutMs,
  );
});

/** Files with one machine in them, and nobody who has them. */
async function prepared(): Promise<Cluster> {
  const cluster = await Cluster.onSqlite({ args: ['--speed', '40'] });
  onTestFinished(() => cluster.dispose());
  const server = await cluster.start('a');
  const client = cluster.client('a');
  await register(client, 1);
  client.close();
  await server.terminate();
  return cluster;
}

/** Repaves the machine with a server that dies at that point, and another one after it. */
async function dieAt(template: Cluster, point: string): Promise<Trial> {
  const cluster = await Cluster.onSqlite({ args: ['--speed', '40'] });
  try {
    await cp(template.folder, cluster.folder, { recursive: true, filter: (path) => !path.endsWith('.sock') });
    const from = await cluster.headOfLog();
    const doomed = cluster.launch('a', { env: { [FAULT_POINT_VARIABLE]: point } });
    const client = cluster.client('a');
    const watcher = new RunWatcher([cluster.client('a')], from);
    const died = doomed.exited(60_000).then(async ({ signal }) => {
      if (signal === 'SIGKILL') await cluster.start('a');
      return signal === 'SIGKILL';
    });
    died.catch(() => {}); // It is looked at below, unless something fails before that.
    // Where the server dies before it has answered, the client asks again, with the same request id.
    const { runId } = await startRun(client, 'machine-1', 'once');
    const log = await followLog(client, runId);
    await watcher.untilEnded([runId]);
    if (doomed.isAlive) doomed.signal('SIGTERM');
    const reached = await died;
    const last = reached ? cluster.servers.at(-1) : doomed;
    const exit = reached ? await last?.terminate() : await last?.exited();
    const faults = [...log.faults, ...watcher.faults, ...cluster.servers.flatMap((server) => server.faults())];
    if (exit?.code !== 0) faults.push(`the last server ended with ${exit?.code ?? exit?.signal}`);
    faults.push(...(await cluster.judge(from)));
    return { reached, faults };
  } finally {
    await cluster.dispose();
  }
}
