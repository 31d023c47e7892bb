import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseFilter } from '../src/core/domain/filter.ts';
import type { Store } from '../src/core/ports/store.ts';
import { startPostgres } from '../test/support/postgres.ts';
import type { Figure } from './figure.ts';
import { quantile } from './figure.ts';
import { seededPostgres } from './seed-postgres.ts';
import type { Size } from './seed-rows.ts';
import { seededSqlite } from './seed-sqlite.ts';

/** Pages taken for one figure. */
const PAGES = 200;
const SMALL: Size = { machines: 1_000, runs: 1_000 };
const LARGE: Size = { machines: 100_000, runs: 1_000_000 };

/** Pages of 100 with a filter: as quick with very many rows as with few. */
export async function lists(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bmdemo-lists-'));
  try {
    const sqlite = (name: string, size: Size) => seededSqlite(join(folder, name), size);
    const ofSqlite = await compared('SQLite', sqlite('small.db', SMALL), sqlite('large.db', LARGE));
    return [...ofSqlite, ...(await postgresLists())];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function postgresLists(): Promise<readonly Figure[]> {
  const postgres = await startPostgres();
  try {
    const [small, large] = [await postgres.createDatabase(), await postgres.createDatabase()];
    return await compared('PostgreSQL', await seededPostgres(small, SMALL), await seededPostgres(large, LARGE));
  } finally {
    await postgres.stop();
  }
}

/** The same pages of a small store and a large one, which are closed afterwards. */
async function compared(kind: string, small: Store, large: Store): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const [name, page] of Object.entries(QUERIES)) {
    const limit = await median(small, page);
    const value = await median(large, page);
    const against = 'the same with 1,000 rows';
    figures.push({ name: `${name}, ${kind}`, value, unit: 'ms', limit, against, target: 1.5 });
  }
  await Promise.all([small.close(), large.close()]);
  return figures;
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
