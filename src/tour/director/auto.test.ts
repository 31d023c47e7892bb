import { describe, expect, it } from 'vitest';
import { walkPlan } from '../testing/walk.ts';
import { autoPressAt } from './auto.ts';
import type { TourState } from './state.ts';
import { initialState } from './state.ts';

const plan = walkPlan();

function stateWith(changes: Partial<TourState>): TourState {
  return { ...initialState(walkPlan(), 0), auto: { kind: 'fixed', ms: 4_000 }, ...changes };
}

describe('autoPressAt', () => {
  it('shows a beat for its time, its command and what came of it more briefly', () => {
    const place = { part: 1, beat: 0 };
    const times = { place, enteredAt: 10_000, stageAt: 20_000 };
    expect(autoPressAt(plan, stateWith({ ...times, stage: 'shown' }))).toBe(14_000);
    expect(autoPressAt(plan, stateWith({ ...times, stage: 'armed' }))).toBe(21_500);
    expect(autoPressAt(plan, stateWith({ ...times, stage: 'done' }))).toBe(22_500);
    expect(autoPressAt(plan, stateWith({ ...times, place: { part: 1, beat: 2 }, stage: 'done' }))).toBe(20_000);
  });

  it('takes as long as it takes to say what is said, where no time is given', () => {
    // Seven words at 140 a minute.
    const state = stateWith({ auto: { kind: 'spoken' }, place: { part: 1, beat: 0 }, stage: 'shown' });
    expect(autoPressAt(plan, state)).toBe(3_000);
  });

  it('starts a booth anew after a failure that was to be seen for a while', () => {
    expect(autoPressAt(walkPlan({ loop: true }), stateWith({ stage: 'failed', stageAt: 1_000 }))).toBe(11_000);
  });

  it.each([
    { paused: true },
    { owner: 'console' },
    { auto: null },
    { overlay: 'quit' },
    { lookBack: { part: 0, beat: 0 } },
    { stage: 'running' },
    { stage: 'preparing' },
    { stage: 'failed' },
    { stage: 'ended' },
  ] satisfies Partial<TourState>[])('presses nothing with %o', (changes) => {
    expect(autoPressAt(plan, stateWith({ stage: 'shown', ...changes }))).toBeNull();
  });
});
