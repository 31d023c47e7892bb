import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { Cluster } from './support/cluster.ts';
import { killStorm } from './support/kill-storm.ts';
import { SIZE, shared } from './support/size.ts';

const size = shared(SIZE);

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

describe('kill -9 of one of two servers on PostgreSQL', () => {
  it(
    `at ${size.kills} random moments with ${size.runs} runs under way loses nothing and doubles nothing (seed ${size.seed})`,
    async () => {
      const cluster = await Cluster.onPostgres(postgres, { args: ['--speed', String(size.speed)] });
      onTestFinished(() => cluster.dispose());
      expect(await killStorm(cluster, ['a', 'b'], size)).toEqual([]);
    },
    size.timeoutMs,
  );
});
