import pg from 'pg';
import type { TestDatabase } from '../support/postgres.ts';

/** A transaction of somebody else, who ends it when told. */
export interface Transaction {
  query(text: string, values?: unknown[]): Promise<unknown>;
  end(how: 'COMMIT' | 'ROLLBACK'): Promise<void>;
}

/** Begins a transaction over a connection of its own, and does in it what these statements say. */
export async function openTransaction({ url }: TestDatabase, ...statements: readonly string[]): Promise<Transaction> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN');
  for (const statement of statements) await client.query(statement);
  return {
    query: (text, values) => client.query(text, values),
    end: async (how) => {
      await client.query(how);
      await client.end();
    },
  };
}

/** Resolves once so many sessions wait for somebody, or more. */
export async function waiting(database: TestDatabase, sessions: number): Promise<void> {
  const text = `SELECT count(*)::integer AS sessions FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while (Number((await database.query(text))[0]?.sessions) < sessions);
}

/**
 * How many circles PostgreSQL had to break. What a connection has met is counted once it is closed: resolves when all are but the
 * one that asks.
 */
export async function deadlocks(database: TestDatabase): Promise<number> {
  const others =
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
  while ((await database.query(others)).length > 0);
  const [row] = await database.query(
    'SELECT deadlocks::integer AS met FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(row?.met);
}
