import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fleet } from '../../../../test/support/fleet.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { EVERYTHING } from '../../../core/domain/filter.ts';
import { RUN_LOG_LIMITS } from '../shared/limits.ts';
import { LongReads } from './long-reads.ts';
import type { LongRead } from './long-reads-task.ts';
import { openSqliteStore } from './store.ts';

let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bmdemo-long-reads-'));
  path = join(folder, 'store.db');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const query = { filter: EVERYTHING, orderBy: 'machine_id', descending: false, limit: 1_000, after: null } as const;
const read: LongRead = { kind: 'machines-as-of', at: Date.UTC(2040, 0, 1), query };

const openStore = () => openSqliteStore({ path, clock: new VirtualClock(), limits: RUN_LOG_LIMITS, onFault: () => {} });

describe('a long read', () => {
  it('leaves the event loop free, and sees what was committed before it', async () => {
    const store = openStore();
    const fleet = new Fleet(store);
    await fleet.registerAll(Array.from({ length: 300 }, (_, at) => `m${at}`));
    let turns = 0;
    let reading = true;
    const turn = () => {
      turns += 1;
      if (reading) setImmediate(turn);
    };
    turn();
    const answer = await store.machinesAsOf(read.at, { ...query, orderBy: 'rack' });
    reading = false;
    expect(answer).toHaveProperty('rows.length', 300);
    expect(turns).toBeGreaterThan(10);
    await store.close();
  });

  it('says what is wrong with the file, and the next one is carried out', async () => {
    const reads = new LongReads(path);
    await expect(reads.ask(read)).rejects.toThrow(/unable to open/);
    await openStore().close();
    expect(await reads.ask(read)).toEqual({ rows: [], next: null });
    await reads.close();
  });

  it('is refused where too many wait, and those that wait are answered', async () => {
    await openStore().close();
    const reads = new LongReads(path);
    const asked = Array.from({ length: 70 }, () => reads.ask(read));
    const results = await Promise.allSettled(asked);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(64);
    expect(results.at(-1)).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable' } });
    await reads.close();
  });

  it('that is under way when the store is closed rejects, and so does one that comes later', async () => {
    await openStore().close();
    const reads = new LongReads(path);
    const asked = expect(reads.ask(read)).rejects.toThrow('has ended');
    await reads.close();
    await asked;
    await expect(reads.ask(read)).rejects.toThrow('closed');
  });
});
