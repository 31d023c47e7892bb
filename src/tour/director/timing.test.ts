import { describe, expect, it } from 'vitest';
import { WALK } from '../testing/walk.ts';
import type { Timing } from './state.ts';
import { plannedTimes, runIn, standStill, tellTime } from './timing.ts';

const AT_REST: Timing = { startedAt: null, runningSince: null, spent: [null, null, null, null] };
const MINUTE = 60_000;

describe('the time of a talk', () => {
  it('is planned in proportion to the chapters', () => {
    // The walk is written for two and a half minutes.
    expect(plannedTimes(WALK, 2.5)).toEqual([30_000, MINUTE, 30_000, 30_000]);
    expect(plannedTimes(WALK, 5)).toEqual([MINUTE, 2 * MINUTE, MINUTE, MINUTE]);
  });

  it('counts what is saved in a chapter when it is over, and what is lost at once', () => {
    const planned = plannedTimes(WALK, 5);
    const begun = runIn(AT_REST, 0, 0, 0);
    expect(tellTime(begun, planned, 0, 30_000)).toMatchObject({ elapsed: 30_000, ahead: 0 });
    expect(tellTime(begun, planned, 0, 90_000)).toMatchObject({ elapsed: 90_000, ahead: -30_000 });
    const quick = runIn(begun, 0, 1, 30_000);
    expect(tellTime(quick, planned, 1, 40_000)).toMatchObject({ elapsed: 40_000, ahead: 30_000 });
  });

  it('does not count a pause, and goes on in the chapter that it stopped in', () => {
    const begun = runIn(AT_REST, 0, 0, 1_000);
    const paused = standStill(begun, 0, 3_000);
    expect(tellTime(paused, plannedTimes(WALK, 5), 0, 99_000).elapsed).toBe(2_000);
    expect(runIn(paused, 0, 0, 100_000)).toEqual({
      startedAt: 1_000,
      runningSince: 100_000,
      spent: [2_000, null, null, null],
    });
  });
});
