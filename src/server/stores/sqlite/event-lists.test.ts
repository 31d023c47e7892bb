import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Fleet } from '../../../../test/support/fleet.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { EVERYTHING } from '../../../core/domain/filter.ts';
import { RUN_LOG_LIMITS } from '../shared/limits.ts';
import { openSqliteStore } from './store.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bmdemo-event-lists-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('finds every event of a time, also where the clock was set back in between', async () => {
  const clock = new VirtualClock();
  const store = openSqliteStore({ path: join(folder, 'store.db'), clock, limits: RUN_LOG_LIMITS, onFault: () => {} });
  const fleet = new Fleet(store);
  const times: number[] = [];
  for (let at = 0; at < 30; at += 1) {
    times.push(clock.now());
    await fleet.register(`m${at}`);
    clock.jump(at % 10 === 9 ? -70 : 10);
  }
  expect(times).not.toEqual(times.toSorted((a, b) => a - b));
  const range = { filter: EVERYTHING, after: null, before: null };
  for (const time of times) {
    const since = times.filter((at) => at >= time).length;
    expect(await store.countEvents({ ...range, since: time, until: null })).toBe(since);
    expect(await store.countEvents({ ...range, since: null, until: time })).toBe(times.length - since);
  }
  await store.close();
});
