import { diceFor } from '../../../src/server/providers/fake/dice.ts';
import type { Cluster } from './cluster.ts';
import type { ReadLog } from './log-reader.ts';
import { followLog, judgeLogs } from './log-reader.ts';
import { judgeWatchers, RunWatcher } from './run-watcher.ts';
import type { ServerProcess } from './server-process.ts';
import type { Size } from './size.ts';
import type { Ordered } from './workload.ts';
import { judgeRequests, machineIds, register, startRun } from './workload.ts';

/** Watchers of all runs, each on a connection of its own. */
const WATCHERS = 3;
/** How long many runs may take to come to their end through a storm, in milliseconds. */
const LONG_MS = 1_800_000;

/**
 * Kills servers again and again while they carry out runs, a new one on every machine that is done, and starts each anew:
 * at once where it is the only one, else some time later. Lets everything come to its end, and says what in all of it must
 * not be.
 */
export async function killStorm(
  cluster: Cluster,
  names: readonly string[],
  { runs, kills, logs, seed }: Pick<Size, 'runs' | 'kills' | 'logs' | 'seed'>,
): Promise<readonly string[]> {
  const dice = diceFor(seed, 'kill-storm');
  const from = await cluster.headOfLog();
  const servers = new Map<string, ServerProcess>();
  for (const name of names) servers.set(name, await cluster.start(name));
  const clients = names.map((name) => cluster.client(name));
  const clientOf = (index: number) => clients[index % clients.length] ?? cluster.client('a');
  const machines = machineIds(runs);
  await register(clientOf(0), machines.length);
  // Each begins at another server, and goes to the next when that is gone.
  const order = (first: number) => names.map((_, index) => names[(first + index) % names.length] ?? 'a');
  const watchers = Array.from(
    { length: WATCHERS },
    (_, index) =>
      new RunWatcher(
        order(index).map((name) => cluster.client(name)),
        from,
      ),
  );
  const [watcher] = watchers as [RunWatcher];
  const ordered: Ordered[] = [];
  const readers: Promise<ReadLog>[] = [];
  let more = true;

  /** Keeps a machine busy until the storm is over. */
  const keepBusy = async (machineId: string, index: number) => {
    for (let round = 1; more; round += 1) {
      const order = await startRun(clientOf(index + round), machineId, `round-${round}`);
      ordered.push(order);
      if (index < logs && round === 1) {
        const reader = followLog(clientOf(index), order.runId);
        reader.catch(() => {}); // It is looked at below, unless something fails before that.
        readers.push(reader);
      }
      await watcher.untilEnded([order.runId], LONG_MS);
    }
  };

  const storm = async () => {
    const killedAt: number[] = [];
    /** Resolves after some more events, once a kill is no step's third. */
    const later = (what: string) => {
      const moment = watcher.events + dice.int(1, runs * 5);
      return watcher.until(what, () => watcher.events >= moment && nobodyIsAtRisk(watcher, killedAt));
    };
    await watcher.until('all runs are under way', () => watcher.underWay.size >= runs);
    while (killedAt.length < kills) {
      await later(`kill ${killedAt.length + 1} is due`);
      const name = names[dice.int(0, names.length - 1)] ?? 'a';
      killedAt.push(Date.now());
      await servers.get(name)?.kill();
      if (names.length > 1) await later('the others have gone on for a while');
      servers.set(name, await cluster.start(name));
    }
    more = false;
  };

  await Promise.all([storm(), ...machines.map(keepBusy)]);
  const runIds = ordered.map(({ runId }) => runId);
  await Promise.all(watchers.map((one) => one.untilEnded(runIds, LONG_MS)));
  const faults = [
    ...(await judgeLogs(clientOf(0), await Promise.all(readers))),
    ...(await judgeRequests(clientOf(1), ordered)),
    ...judgeWatchers(watchers),
  ];
  for (const [name, server] of servers) {
    const { code, signal } = await server.terminate();
    if (code !== 0) faults.push(`server ${name} ended with ${code ?? signal}`);
  }
  faults.push(...cluster.servers.flatMap((server) => server.faults()), ...(await cluster.judge(from)));
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
