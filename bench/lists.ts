import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseFilter } from '../src/core/domain/filter.ts';
import type { Machine } from '../src/core/domain/machine.ts';
import { BUILT_IN_PLANS } from '../src/core/domain/plans/built-in.ts';
import type { Run } from '../src/core/domain/run.ts';
import type { Store } from '../src/core/ports/store.ts';
import { systemClock } from '../src/server/clock.ts';
import { RUN_LOG_LIMITS } from '../src/server/stores/shared/limits.ts';
import { Database } from '../src/server/stores/sqlite/database.ts';
import { openSqliteStore } from '../src/server/stores/sqlite/store.ts';
import type { Figure } from './figure.ts';
import { quantile } from './figure.ts';

/** Pages taken for one figure. */
const PAGES = 200;
const SMALL = { machines: 1_000, runs: 1_000 };
const LARGE = { machines: 100_000, runs: 1_000_000 };

/** Pages of 100 with a filter: as quick with very many rows as with few. */
export async function lists(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bmdemo-lists-'));
  try {
    const small = seeded(join(folder, 'small.db'), SMALL);
    const large = seeded(join(folder, 'large.db'), LARGE);
    const figures: Figure[] = [];
    for (const [name, page] of Object.entries(QUERIES)) {
      const limit = await median(small, page);
      const value = await median(large, page);
      const against = 'the same with 1,000 rows';
      figures.push({ name: `${name}, SQLite`, value, unit: 'ms', limit, against, target: 1.5 });
    }
    await Promise.all([small.close(), large.close()]);
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const QUERIES: Readonly<Record<string, (store: Store) => Promise<number>>> = {
  'machines by rack': (store) => machinesOf(store, 'rack=r7'),
  'machines by phase': (store) => machinesOf(store, 'phase=IN_SERVICE'),
  'machines, all': (store) => machinesOf(store, ''),
  'runs by machine': (store) => runsOf(store, 'machine_id=m000007'),
  'runs by phase': (store) => runsOf(store, 'phase=FAILED'),
  'runs, newest first': (store) => runsOf(store, ''),
};

const PAGE = { descending: false, limit: 100, after: null } as const;

async function machinesOf(store: Store, text: string): Promise<number> {
  const { rows } = await store.machines({ ...PAGE, filter: filterOf(text, 'machine'), orderBy: 'machine_id' });
  return rows.length;
}

async function runsOf(store: Store, text: string): Promise<number> {
  const filter = filterOf(text, 'run');
  const { rows } = await store.runs({ ...PAGE, filter, orderBy: 'created_at', descending: true });
  return rows.length;
}

function filterOf(text: string, subject: 'machine' | 'run') {
  const filter = parseFilter(text, subject);
  if (!('clauses' in filter)) throw new Error(filter.message);
  return filter;
}

/** Milliseconds for a page, the median of many. */
async function median(store: Store, page: (store: Store) => Promise<number>): Promise<number> {
  const sample: number[] = [];
  for (let at = 0; at < PAGES; at += 1) {
    const begun = performance.now();
    await page(store);
    sample.push(performance.now() - begun);
  }
  return quantile(sample, 0.5);
}

/** A store whose rows are written as they are, because a million runs cannot be carried out for a figure. */
function seeded(path: string, size: { readonly machines: number; readonly runs: number }): Store {
  const database = new Database(path);
  database.exec('BEGIN');
  for (let at = 0; at < size.machines; at += 1) insertMachine(database, at);
  database.run("INSERT INTO bound_plans VALUES (1, 'seed', ?)", JSON.stringify(BUILT_IN_PLANS[0]));
  for (let at = 0; at < size.runs; at += 1) insertRun(database, at, size.runs / 10);
  database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE); ANALYZE');
  database.close();
  return openSqliteStore({ path, clock: systemClock, limits: RUN_LOG_LIMITS, onFault: console.error });
}

const idOf = (at: number) => `m${String(at).padStart(6, '0')}`;

function insertMachine(database: Database, at: number): void {
  const phase = at % 5 === 0 ? 'MAINTENANCE' : 'IN_SERVICE';
  const rack = `r${at % 10}`;
  const machine: Machine = {
    id: idOf(at),
    spec: {
      provider: 'fake',
      macAddresses: [],
      serial: `S${at}`,
      sshEndpoint: '',
      bmcAddress: '',
      rack,
      bmcCredentialsRef: '',
      model: 'R650',
      targetCluster: { clusterId: 'prod-a', kubeconfigSecretRef: '' },
    },
    labels: {},
    phase,
    conditions: [],
    activeRunId: null,
    stoppingRunId: null,
    lastSeenAt: null,
    createdAt: at,
    updatedAt: at,
    phaseSince: at,
    specRevision: 1,
    revision: 1,
  };
  database.run(
    `INSERT INTO machines (machine_id, revision, last_event_at, phase, phase_rank, effective_state, rack, provider,
       cluster, attention, updated_at, image)
     VALUES (?, 1, ?, ?, 1, ?, ?, 'fake', 'prod-a', 0, ?, ?)`,
    machine.id,
    at,
    phase,
    phase,
    rack,
    at,
    JSON.stringify(machine),
  );
}

function insertRun(database: Database, at: number, machines: number): void {
  const phase = at % 10 === 0 ? 'FAILED' : 'SUCCEEDED';
  const run: Omit<Run, 'steps'> & { readonly steps: readonly [] } = {
    id: `run${String(at).padStart(13, '0')}`,
    machineId: idOf(at % machines),
    requestId: `request-${at}`,
    type: 'REPAVE',
    planId: 'plan/repave-join',
    params: {},
    reason: '',
    initiatedBy: 'bench',
    canceledBy: null,
    phase,
    originPhase: 'FACTORY_READY',
    createdAt: at,
    startedAt: at,
    finishedAt: at,
    currentStep: 4,
    steps: [],
    failure: null,
    error: null,
    stopping: false,
    revision: 13,
  };
  database.run(
    `INSERT INTO runs (run_id, machine_id, phase, type, plan_id, initiated_by, created_at, finished_at, end_key, stopping,
       bound_plan, image)
     VALUES (?, ?, ?, 'REPAVE', 'plan/repave-join', 'bench', ?, ?, ?, 0, 1, ?)`,
    run.id,
    run.machineId,
    phase,
    at,
    at,
    at,
    JSON.stringify(run),
  );
}
