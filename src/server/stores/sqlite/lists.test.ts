import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SqlValue } from './database.ts';
import { Database } from './database.ts';
import { listStatements } from './lists.ts';

const folder = mkdtempSync(join(tmpdir(), 'bmdemo-lists-'));
const database = new Database(join(folder, 'store.db'));

afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('every list statement', () => {
  it.each(listStatements())('is served by one index: %s', (sql) => {
    const values: SqlValue[] = Array.from(sql.matchAll(/\?/g), () => 'x');
    const plan = database.all(`EXPLAIN QUERY PLAN ${sql}`, ...values).map((row) => String(row.detail));
    // A table WITHOUT ROWID is its primary key: reading it in that order is reading an index.
    const inKeyOrder = /ORDER BY (machine_id|run_id) (ASC|DESC) LIMIT/.test(sql);
    expect(plan.join('\n')).not.toContain('TEMP B-TREE');
    expect(plan[0]).toMatch(inKeyOrder ? /^(SEARCH|SCAN) (machines|runs)/ : /^(SEARCH|SCAN) (machines|runs) USING/);
  });
});
