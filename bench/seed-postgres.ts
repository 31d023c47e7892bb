import { BUILT_IN_PLANS } from '../src/core/domain/plans/built-in.ts';
import type { Store } from '../src/core/ports/store.ts';
import { systemClock } from '../src/server/clock.ts';
import { openPostgresStore } from '../src/server/stores/postgres/store.ts';
import { RUN_LOG_LIMITS } from '../src/server/stores/shared/limits.ts';
import type { TestDatabase } from '../test/support/postgres.ts';
import { QUIET } from '../test/support/postgres.ts';
import type { Size } from './seed-rows.ts';
import { machineAt, runAt } from './seed-rows.ts';

/** Rows that one statement writes. */
const AT_ONCE = 5_000;

/** A store whose rows are written as they are, because a million runs cannot be carried out for a figure. */
export async function seededPostgres(database: TestDatabase, size: Size): Promise<Store> {
  const options = { url: database.url, clock: systemClock, limits: RUN_LOG_LIMITS, poolSize: 4, log: QUIET };
  const store = await openPostgresStore(options);
  await inParts(size.machines, (from, to) => insertMachines(database, from, to));
  const plan = JSON.stringify(BUILT_IN_PLANS[0]);
  await database.query("INSERT INTO bmdemo.bound_plans (digest, plan) VALUES ('seed', $1)", [plan]);
  await inParts(size.runs, (from, to) => insertRuns(database, from, to, size));
  await database.query('VACUUM ANALYZE');
  return store;
}

async function inParts(count: number, write: (from: number, to: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE) await write(from, Math.min(count, from + AT_ONCE));
}

function insertMachines(database: TestDatabase, from: number, to: number): Promise<unknown> {
  const rows = Array.from({ length: to - from }, (_, at) => {
    const machine = machineAt(from + at);
    const { id, phase, spec, updatedAt } = machine;
    return { id, phase, rack: spec.rack, at: updatedAt, image: JSON.stringify(machine) };
  });
  return database.query(
    `INSERT INTO bmdemo.machines (machine_id, phase, phase_rank, effective_state, rack, provider, cluster, attention,
       updated_at, image)
     SELECT id, phase, 1, phase, rack, 'fake', 'prod-a', false, at, image
     FROM json_to_recordset($1) AS row (id text, phase text, rack text, at bigint, image text)`,
    [JSON.stringify(rows)],
  );
}

function insertRuns(database: TestDatabase, from: number, to: number, size: Size): Promise<unknown> {
  const rows = Array.from({ length: to - from }, (_, index) => {
    const run = runAt(from + index, size);
    return { id: run.id, machine: run.machineId, phase: run.phase, at: run.createdAt, image: JSON.stringify(run) };
  });
  return database.query(
    `INSERT INTO bmdemo.runs (run_id, machine_id, phase, type, plan_id, initiated_by, created_at, end_key, stopping,
       bound_plan, image)
     SELECT id, machine, phase, 'REPAVE', 'plan/repave-join', 'bench', at, at, false, 1, image
     FROM json_to_recordset($1) AS row (id text, machine text, phase text, at bigint, image text)`,
    [JSON.stringify(rows)],
  );
}
