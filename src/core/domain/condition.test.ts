import { describe, expect, it } from 'vitest';
import { clearCondition, findCondition, hasCondition, setCondition } from './condition.ts';
import { conditions, T0 } from './testing.ts';

describe('conditions', () => {
  it('are absent until they are set', () => {
    expect(findCondition([], 'Provisioned')).toBeUndefined();
    expect(hasCondition([], 'Provisioned')).toBe(false);
  });

  it('are set with reason, message and time', () => {
    expect(setCondition([], 'Provisioned', 'ImageWritten', 'done', T0)).toEqual([
      { type: 'Provisioned', status: true, reason: 'ImageWritten', message: 'done', lastTransitionAt: T0 },
    ]);
  });

  it('keep their time where only the reason is new', () => {
    const first = setCondition([], 'NeedsIntervention', 'RunFailed', 'a', T0);
    const second = setCondition(first, 'NeedsIntervention', 'RunCanceled', 'b', T0 + 9);
    expect(second).toEqual([
      { type: 'NeedsIntervention', status: true, reason: 'RunCanceled', message: 'b', lastTransitionAt: T0 },
    ]);
  });

  it('are false once cleared, with a time of its own', () => {
    const cleared = clearCondition(conditions('RMA', 'Provisioned'), 'RMA', 'CompleteRma', T0 + 9);
    expect(hasCondition(cleared, 'RMA')).toBe(false);
    expect(hasCondition(cleared, 'Provisioned')).toBe(true);
    expect(findCondition(cleared, 'RMA')).toEqual({
      type: 'RMA',
      status: false,
      reason: 'CompleteRma',
      message: '',
      lastTransitionAt: T0 + 9,
    });
  });

  it('are the very same list where there is nothing to clear', () => {
    const list = clearCondition(conditions('RMA'), 'RMA', 'CompleteRma', T0);
    expect(clearCondition(list, 'RMA', 'Again', T0 + 9)).toBe(list);
    expect(clearCondition(list, 'Provisioned', 'Again', T0 + 9)).toBe(list);
  });

  it('move their time again when they come back', () => {
    const cleared = clearCondition(conditions('RMA'), 'RMA', 'CompleteRma', T0 + 1);
    const again = setCondition(cleared, 'RMA', 'MarkedForRma', 'fan', T0 + 2);
    expect(findCondition(again, 'RMA')?.lastTransitionAt).toBe(T0 + 2);
    expect(again).toHaveLength(1);
  });
});
