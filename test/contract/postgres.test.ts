import { afterAll, beforeAll } from 'vitest';
import type { TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { describeStore } from './describe-store.ts';
import { differential } from './differential.ts';
import { memoryFixture } from './memory-fixture.ts';
import { postgresFixture } from './postgres-fixture.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

const fixture = postgresFixture(() => postgres);

describeStore('PostgreSQL', fixture, { shared: true });

differential({ memory: memoryFixture, PostgreSQL: fixture }, 10);
