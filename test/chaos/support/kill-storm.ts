import { diceFor } from '../../../src/server/providers/fake/dice.ts';
import type { Cluster } from './cluster.ts';
import type { ReadLog } from './log-reader.ts';
import { followLog, judgeLogs } from './log-reader.ts';
import { judgeWatchers, RunWatcher } from './run-watcher.ts';
import type { Size } from './size.ts';
import type { Ordered } from './workload.ts';
import { judgeRequests, machineIds, register, startRun } from './workload.ts';

/** Watchers of all runs, each on a connection of its own. */
const WATCHERS = 3;
/** How long many runs may take to come to their end through a storm, in milliseconds. */
const LONG_MS = 1_800_000;

/**
 * Kills a server again and again while it carries out runs, a new one on every machine that is done, starts it anew each
 * time, lets everything come to its end, and says what in all of it must not be.
 */
export async function killStorm(
  cluster: Cluster,
  { runs, kills, logs, seed }: Pick<Size, 'runs' | 'kills' | 'logs' | 'seed'>,
): Promise<readonly string[]> {
  const dice = diceFor(seed, 'kill-storm');
  const from = await cluster.headOfLog();
  let server = await cluster.start('a');
  const client = cluster.client('a');
  const machines = machineIds(runs);
  await register(client, machines.length);
  const watchers = Array.from({ length: WATCHERS }, () => new RunWatcher(cluster.client('a'), from));
  const [watcher] = watchers as [RunWatcher];
  const ordered: Ordered[] = [];
  const readers: Promise<ReadLog>[] = [];
  const faults: string[] = [];
  let more = true;

  /** Keeps a machine busy until the storm is over. */
  const keepBusy = async (machineId: string, index: number) => {
    for (let round = 1; more; round += 1) {
      const order = await startRun(client, machineId, `round-${round}`);
      ordered.push(order);
      if (index < logs && round === 1) readers.push(followLog(client, order.runId));
      await watcher.untilEnded([order.runId], LONG_MS);
    }
  };

  const storm = async () => {
    const killedAt: number[] = [];
    await watcher.until('all runs are under way', () => watcher.underWay.size >= runs);
    while (killedAt.length < kills) {
      const moment = watcher.events + dice.int(1, runs * 5);
      const isDue = () => watcher.events >= moment && nobodyIsAtRisk(watcher, killedAt);
      await watcher.until(`kill ${killedAt.length + 1} is due`, isDue);
      killedAt.push(Date.now());
      await server.kill();
      faults.push(...server.faults());
      server = await cluster.start('a');
    }
    more = false;
  };

  await Promise.all([storm(), ...machines.map(keepBusy)]);
  const runIds = ordered.map(({ runId }) => runId);
  await Promise.all(watchers.map((one) => one.untilEnded(runIds, LONG_MS)));
  faults.push(...(await judgeLogs(client, await Promise.all(readers))));
  faults.push(...(await judgeRequests(client, ordered)));
  faults.push(...judgeWatchers(watchers));
  const { code, signal } = await server.terminate();
  if (code !== 0) faults.push(`the last server ended with ${code ?? signal}`);
  faults.push(...server.faults());
  faults.push(...(await cluster.judge(from)));
  return faults;
}

/**
 * A step that is cut off three times fails its run, and is meant to. Its third time comes no earlier than with the next
 * kill but one as long as, for each run, the interruptions that were seen and the kills whose traces were not are one.
 */
function nobodyIsAtRisk({ underWay }: RunWatcher, killedAt: readonly number[]): boolean {
  for (const { interruptions, at } of underWay) {
    const unseen = killedAt.filter((time) => time >= at).length;
    if (interruptions + unseen > 1) return false;
  }
  return true;
}
