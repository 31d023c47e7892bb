import { describe, expect, it, onTestFinished } from 'vitest';
import { Cluster } from './support/cluster.ts';
import { killStorm } from './support/kill-storm.ts';
import { SIZE } from './support/size.ts';

describe('kill -9 of a server on SQLite', () => {
  it(
    `at ${SIZE.kills} random moments with ${SIZE.runs} runs under way loses nothing and doubles nothing (seed ${SIZE.seed})`,
    async () => {
      const cluster = await Cluster.onSqlite({ args: ['--speed', String(SIZE.speed)] });
      onTestFinished(() => cluster.dispose());
      expect(await killStorm(cluster, ['a'], SIZE)).toEqual([]);
    },
    SIZE.timeoutMs,
  );
});
