import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { Cluster } from './support/cluster.ts';
import { killStorm } from './support/kill-storm.ts';
import { SIZE } from './support/size.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

describe('kill -9 of one of two servers on PostgreSQL', () => {
  it(
    `at ${SIZE.kills} random moments with ${SIZE.runs} runs under way loses nothing and doubles nothing (seed ${SIZE.seed})`,
    async () => {
      const cluster = await Cluster.onPostgres(postgres, { args: ['--speed', String(SIZE.speed)] });
      onTestFinished(() => cluster.dispose());
      expect(await killStorm(cluster, ['a', 'b'], SIZE)).toEqual([]);
    },
    SIZE.timeoutMs,
  );
});
