import { existsSync, statSync } from 'node:fs';
import type { StoreFacts } from '../shared/facts.ts';
import { Reader } from './database.ts';
import { StoreUnusable, translate } from './errors.ts';
import { earliestTime, lastSeq, sweptTo } from './events.ts';
import { fileHolder } from './lock.ts';
import { MIGRATIONS } from './migrations.ts';
import { int } from './rows.ts';

/**
 * Looks at a database file without taking it: a server may have it.
 *
 * @throws StoreUnusable where there is none, or it is no store of this program's
 */
export function inspect<T>(path: string, look: (reader: Reader) => T): T {
  if (!existsSync(path)) throw new StoreUnusable(`there is no store at ${path}`);
  let reader: Reader | null = null;
  try {
    reader = new Reader(path);
    const version = schemaVersion(reader);
    if (version > MIGRATIONS.length) {
      throw new StoreUnusable(
        `${path} was written by a newer bmdemo (schema ${version}, this one knows ${MIGRATIONS.length}); use that version`,
      );
    }
    return look(reader);
  } catch (error) {
    if (error instanceof StoreUnusable) throw error;
    const told = translate(error, path);
    throw new StoreUnusable(`${path} cannot be read: ${told instanceof Error ? told.message : String(told)}`, {
      cause: error,
    });
  } finally {
    reader?.close();
  }
}

function schemaVersion(reader: Reader): number {
  if (reader.get("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'") === null) {
    throw new StoreUnusable('it is a database, and no store of bmdemo');
  }
  return numberOf(reader, 'SELECT max(number) AS n FROM migrations');
}

/** What there is to know of the store in a file. @throws StoreUnusable as `inspect` does */
export function factsOfFile(path: string): StoreFacts {
  return inspect(path, (reader) => ({
    kind: 'sqlite',
    location: path,
    bytes: sizeOf(path) + sizeOf(`${path}-wal`),
    schemaVersion: schemaVersion(reader),
    usedBy: fileHolder(path)?.text ?? '',
    machines: numberOf(reader, 'SELECT count(*) AS n FROM machines'),
    activeRuns: numberOf(reader, "SELECT count(*) AS n FROM runs WHERE phase IN ('PENDING', 'RUNNING')"),
    finishedRuns: numberOf(reader, 'SELECT count(*) AS n FROM runs WHERE finished_at IS NOT NULL'),
    events: lastSeq(reader) - sweptTo(reader),
    logs: numberOf(reader, 'SELECT count(*) AS n FROM log_sizes'),
    earliestEvent: (reader.get('SELECT at FROM events ORDER BY seq LIMIT 1')?.at as number | undefined) ?? null,
    historyFrom: earliestTime(reader),
  }));
}

function numberOf(reader: Reader, sql: string): number {
  const row = reader.get(sql);
  return row === null ? 0 : int(row, 'n');
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
