import { createHash } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnusable, translate } from './errors.ts';
import { makeFolder } from './folder.ts';
import type { Migration } from './migrations.ts';
import { MIGRATIONS } from './migrations.ts';

/** Values that go into and come out of statements. */
export type SqlValue = string | number | null | Uint8Array;
/** One row, by column name. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** Prepared statements of one connection, kept by their text: the program has so many and no more. */
class Statements {
  readonly #database: DatabaseSync;
  readonly #kept = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  prepare(sql: string): StatementSync {
    let statement = this.#kept.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#kept.set(sql, statement);
    }
    return statement;
  }

  clear(): void {
    this.#kept.clear();
  }
}

/** What reads: a connection of either kind. */
export type Connection = Pick<Database, 'all' | 'get'>;

/** A database file, open for this process alone. */
export class Database {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;

  /** Opens or makes the file and brings its schema up to date. @throws StoreUnusable with a sentence for people */
  constructor(path: string, migrations: readonly Migration[] = MIGRATIONS) {
    this.path = path;
    makeFolder(path);
    try {
      this.#database = new DatabaseSync(path);
      this.#database.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 2000; ' +
          'PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 4000;',
      );
    } catch (error) {
      throw new StoreUnusable(`${path} cannot be opened as a database: ${messageOf(error)}`, { cause: error });
    }
    this.#statements = new Statements(this.#database);
    this.#migrate(migrations);
  }

  /** The rows of a query. */
  all(sql: string, ...values: readonly SqlValue[]): readonly SqlRow[] {
    return this.#statements.prepare(sql).all(...values) as unknown as readonly SqlRow[];
  }

  /** The first row of a query, or null. */
  get(sql: string, ...values: readonly SqlValue[]): SqlRow | null {
    return (this.#statements.prepare(sql).get(...values) as unknown as SqlRow | undefined) ?? null;
  }

  /** Runs a statement and tells how many rows it changed. */
  run(sql: string, ...values: readonly SqlValue[]): number {
    return Number(this.#statements.prepare(sql).run(...values).changes);
  }

  /** Runs statements that take no values and are not kept: BEGIN, SAVEPOINT and the like. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** True from BEGIN until COMMIT, ROLLBACK, or a fault that made SQLite roll back by itself. */
  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #migrate(migrations: readonly Migration[]): void {
    try {
      this.exec('BEGIN IMMEDIATE');
    } catch (error) {
      this.#database.close();
      throw translate(error, this.path);
    }
    try {
      this.exec(
        'CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, checksum TEXT NOT NULL, at TEXT NOT NULL)',
      );
      const done = this.all('SELECT number, checksum FROM migrations ORDER BY number');
      this.#refuseForeign(done, migrations);
      for (const migration of migrations.slice(done.length)) {
        this.exec(migration.sql);
        const at = new Date().toISOString();
        this.run('INSERT INTO migrations VALUES (?, ?, ?)', migration.number, checksum(migration), at);
      }
      this.exec('COMMIT');
    } catch (error) {
      // A full disk has ended the transaction already.
      if (this.inTransaction) this.exec('ROLLBACK');
      this.#database.close();
      throw translate(error, this.path);
    }
  }

  #refuseForeign(done: readonly SqlRow[], migrations: readonly Migration[]): void {
    if (done.length > migrations.length) {
      throw new StoreUnusable(
        `${this.path} was written by a newer bmdemo (schema ${done.length}, this one knows ${migrations.length}); ` +
          'use that version, or name another --store',
      );
    }
    for (const [at, row] of done.entries()) {
      const known = migrations[at];
      if (known === undefined || row.number !== known.number || row.checksum !== checksum(known)) {
        throw new StoreUnusable(
          `${this.path} has a schema that this bmdemo does not know (migration ${String(row.number)} differs)`,
        );
      }
    }
  }
}

/** A read-only connection whose first query fixes the moment that all its queries see, until it is closed. */
export class Reader {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  #open = true;

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { readOnly: true });
    this.#statements = new Statements(this.#database);
    this.#database.exec('PRAGMA busy_timeout = 2000; BEGIN');
  }

  all(sql: string, ...values: readonly SqlValue[]): readonly SqlRow[] {
    return this.#statements.prepare(sql).all(...values) as unknown as readonly SqlRow[];
  }

  get(sql: string, ...values: readonly SqlValue[]): SqlRow | null {
    return (this.#statements.prepare(sql).get(...values) as unknown as SqlRow | undefined) ?? null;
  }

  /** May be called more than once. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#statements.clear();
    this.#database.close();
  }
}

function checksum(migration: Migration): string {
  return createHash('sha256').update(migration.sql.replace(/\s+/g, ' ').trim()).digest('hex');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
