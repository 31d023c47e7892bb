import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SqlValue } from './database.ts';
import { Database } from './database.ts';
import { eventStatements } from './event-lists.ts';
import { PAST_STATEMENTS } from './past.ts';
import { RETENTION_STATEMENTS } from './retention.ts';

const folder = mkdtempSync(join(tmpdir(), 'bmdemo-statements-'));
const database = new Database(join(folder, 'store.db'));

afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('every statement about events, the past and what goes', () => {
  it.each([...eventStatements(), ...PAST_STATEMENTS, ...RETENTION_STATEMENTS])('is served by indexes: %s', (sql) => {
    const values: SqlValue[] = sql.includes('?1') ? ['x'] : Array.from(sql.matchAll(/\?/g), () => 1);
    const plan = database.all(`EXPLAIN QUERY PLAN ${sql}`, ...values).map((row) => String(row.detail));
    expect(plan.join('\n')).not.toContain('TEMP B-TREE');
    // The oldest events are read in the order of their key: there is no place to look for.
    const inKeyOrder = /FROM events\s+ORDER BY seq LIMIT/.test(sql);
    expect(plan.filter((line) => line.startsWith('SCAN'))).toEqual(inKeyOrder ? ['SCAN events'] : []);
  });
});
