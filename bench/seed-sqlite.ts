import { BUILT_IN_PLANS } from '../src/core/domain/plans/built-in.ts';
import type { Store } from '../src/core/ports/store.ts';
import { systemClock } from '../src/server/clock.ts';
import { RUN_LOG_LIMITS } from '../src/server/stores/shared/limits.ts';
import { Database } from '../src/server/stores/sqlite/database.ts';
import { openSqliteStore } from '../src/server/stores/sqlite/store.ts';
import type { Size } from './seed-rows.ts';
import { machineAt, runAt } from './seed-rows.ts';

/** A store whose rows are written as they are, because a million runs cannot be carried out for a figure. */
export function seededSqlite(path: string, size: Size): Store {
  const database = new Database(path);
  database.exec('BEGIN');
  for (let at = 0; at < size.machines; at += 1) insertMachine(database, at);
  database.run("INSERT INTO bound_plans VALUES (1, 'seed', ?)", JSON.stringify(BUILT_IN_PLANS[0]));
  for (let at = 0; at < size.runs; at += 1) insertRun(database, at, size);
  database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE); ANALYZE');
  database.close();
  return openSqliteStore({ path, clock: systemClock, limits: RUN_LOG_LIMITS, onFault: console.error });
}

function insertMachine(database: Database, at: number): void {
  const machine = machineAt(at);
  const { id, phase, spec } = machine;
  database.run(
    `INSERT INTO machines (machine_id, revision, last_event_at, phase, phase_rank, effective_state, rack, provider,
       cluster, attention, updated_at, image)
     VALUES (?, 1, ?, ?, 1, ?, ?, 'fake', 'prod-a', 0, ?, ?)`,
    id,
    at,
    phase,
    phase,
    spec.rack,
    at,
    JSON.stringify(machine),
  );
}

function insertRun(database: Database, at: number, size: Size): void {
  const run = runAt(at, size);
  database.run(
    `INSERT INTO runs (run_id, machine_id, phase, type, plan_id, initiated_by, created_at, finished_at, end_key, stopping,
       bound_plan, image)
     VALUES (?, ?, ?, 'REPAVE', 'plan/repave-join', 'bench', ?, ?, ?, 0, 1, ?)`,
    run.id,
    run.machineId,
    run.phase,
    at,
    at,
    at,
    JSON.stringify(run),
  );
}
