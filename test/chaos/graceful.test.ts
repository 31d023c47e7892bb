import { expect, it, onTestFinished } from 'vitest';
import { Cluster } from './support/cluster.ts';
import { judgeWatchers, RunWatcher } from './support/run-watcher.ts';
import { SIZE } from './support/size.ts';
import { judgeRequests, machineIds, register, startRun } from './support/workload.ts';

const RUNS = 20;

it(
  'a server that is asked to end cancels nothing: the next one takes every run up where it was',
  async () => {
    const cluster = await Cluster.onSqlite();
    onTestFinished(() => cluster.dispose());
    const from = await cluster.headOfLog();
    // Slow enough that each first step takes longer than a server waits for its calls.
    const first = await cluster.start('a', { args: ['--speed', '0.05'] });
    const client = cluster.client('a');
    await register(client, RUNS);
    const watchers = [1, 2].map(() => new RunWatcher([cluster.client('a')], from));
    const [watcher] = watchers as [RunWatcher];
    const typeOf = (index: number) => (index % 2 === 0 ? 'REPAVE' : 'REBOOT');
    const starts = machineIds(RUNS).map((machineId, index) => startRun(client, machineId, 'once', typeOf(index)));
    const ordered = await Promise.all(starts);
    const calling = () => [...watcher.underWay].filter(({ kinds }) => kinds.at(-1) === 'ATTEMPT_STARTED').length;
    await watcher.until('a call to each machine is under way', () => calling() === RUNS);
    expect(await first.terminate()).toEqual({ code: 0, signal: null });
    expect(first.log.at(-1)).toMatchObject({ msg: 'stopped', interrupted: RUNS });

    const second = await cluster.start('a', { args: ['--speed', '20'] });
    const runIds = ordered.map(({ runId }) => runId);
    await Promise.all(watchers.map((one) => one.untilEnded(runIds)));
    expect(second.log).toContainEqual(expect.objectContaining({ runs: RUNS, msg: expect.stringMatching(/taken up/) }));
    for (const { kinds } of watcher.runs.values()) {
      expect(kinds.filter((kind) => kind === 'ATTEMPT_INTERRUPTED')).toHaveLength(1);
      expect(kinds.at(-1)).toBe('SUCCEEDED');
    }
    expect(await judgeRequests(client, ordered)).toEqual([]);
    expect(judgeWatchers(watchers)).toEqual([]);
    await second.terminate();
    expect(await cluster.judge(from)).toEqual([]);
    expect([...first.faults(), ...second.faults()]).toEqual([]);
  },
  SIZE.timeoutMs,
);
