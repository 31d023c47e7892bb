import { createHash } from 'node:crypto';
import type pg from 'pg';
import { StoreUnusable } from '../errors.ts';
import type { Migration } from '../migrations.ts';

/** The oldest PostgreSQL that has 64-bit transaction ids. */
const OLDEST = 13;
/** Two numbers of ours, so that no other program's lock is met: `bmde`, and what is locked. */
const MIGRATION_LOCK = [0x626d6465, 0] as const;

/**
 * Brings the schema `bmdemo` up to date, in one transaction under a lock, so that servers may start together.
 *
 * @throws StoreUnusable where the database is too old, has another encoding, or was written by a newer program
 */
export async function migrate(client: pg.ClientBase, migrations: readonly Migration[]): Promise<void> {
  await refuseServer(client);
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1::integer, $2::integer)', [...MIGRATION_LOCK]);
    const done = await appliedMigrations(client);
    refuseForeign(done, migrations);
    // Servers of an older schema may be at work: each of their changes is over before, or begins after. Else one of them and this would
    // wait for each other's tables.
    if (done.length > 0 && done.length < migrations.length)
      await client.query('LOCK TABLE bmdemo.aggregates IN EXCLUSIVE MODE');
    for (const { number, sql } of migrations.slice(done.length)) {
      await client.query(sql);
      await client.query('INSERT INTO bmdemo.migrations (number, checksum) VALUES ($1, $2)', [number, checksum(sql)]);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function refuseServer(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ version: number; encoding: string }>(
    `SELECT current_setting('server_version_num')::integer / 10000 AS version,
       current_setting('server_encoding') AS encoding`,
  );
  const [server] = rows;
  if (server === undefined || server.version < OLDEST) {
    throw new StoreUnusable(`PostgreSQL ${server?.version ?? '?'} is too old; the store needs ${OLDEST} or newer`);
  }
  if (server.encoding !== 'UTF8') {
    throw new StoreUnusable(`the database has encoding ${server.encoding}; the store needs one with UTF8`);
  }
}

interface Applied {
  readonly number: number;
  readonly checksum: string;
}

/** What was done before; makes the schema where there is none. Looks first: making needs a right that using does not. */
async function appliedMigrations(client: pg.ClientBase): Promise<readonly Applied[]> {
  const { rows } = await client.query<{ schema: boolean; table: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'bmdemo') AS schema,
       to_regclass('bmdemo.migrations') IS NOT NULL AS table`,
  );
  if (rows[0]?.schema !== true) await client.query('CREATE SCHEMA bmdemo');
  if (rows[0]?.table !== true) {
    await client.query(
      'CREATE TABLE bmdemo.migrations (number integer PRIMARY KEY, checksum text NOT NULL, at timestamptz NOT NULL DEFAULT now())',
    );
  }
  return (await client.query<Applied>('SELECT number, checksum FROM bmdemo.migrations ORDER BY number')).rows;
}

function refuseForeign(done: readonly Applied[], migrations: readonly Migration[]): void {
  if (done.length > migrations.length) {
    throw new StoreUnusable(
      `the PostgreSQL store was written by a newer bmdemo (schema ${done.length}, this one knows ${migrations.length}); ` +
        'use that version, or name another --store',
    );
  }
  for (const [at, row] of done.entries()) {
    const known = migrations[at];
    if (known === undefined || row.number !== known.number || row.checksum !== checksum(known.sql)) {
      throw new StoreUnusable(
        `the PostgreSQL store has a schema that this bmdemo does not know (migration ${row.number} differs)`,
      );
    }
  }
}

function checksum(sql: string): string {
  return createHash('sha256').update(sql.replace(/\s+/g, ' ').trim()).digest('hex');
}
