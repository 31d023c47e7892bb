import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RetryPolicy } from './retry.ts';
import { backOffMs, DEFAULT_RETRY, retryPolicyViolations } from './retry.ts';

const valid: fc.Arbitrary<RetryPolicy> = fc
  .record({
    initialMs: fc.integer({ min: 0, max: 3_600_000 }),
    multiplier: fc.double({ min: 1, max: 10, noNaN: true }),
    more: fc.integer({ min: 0, max: 82_800_000 }),
    jitter: fc.boolean(),
  })
  .map(({ more, ...policy }) => ({ ...policy, capMs: policy.initialMs + more }));

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('back-off', () => {
  it('doubles from one second to thirty by default', () => {
    const steady = { ...DEFAULT_RETRY, jitter: false };
    expect([1, 2, 3, 4, 5, 6, 7].map((failed) => backOffMs(steady, failed, 0))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
  });

  it('with full jitter lies anywhere between nothing and its length', () => {
    expect(backOffMs(DEFAULT_RETRY, 3, 0)).toBe(0);
    expect(backOffMs(DEFAULT_RETRY, 3, 0.5)).toBe(2_000);
    expect(backOffMs(DEFAULT_RETRY, 3, 0.999)).toBe(3_996);
  });

  it('is whole milliseconds between 0 and the cap, however many attempts have failed', () => {
    fc.assert(
      fc.property(valid, fc.integer({ min: 1, max: 2_000 }), random, (policy, failed, chance) => {
        const ms = backOffMs(policy, failed, chance);
        expect(Number.isInteger(ms)).toBe(true);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(policy.capMs);
      }),
    );
  });

  it('never shrinks from one failure to the next, without jitter', () => {
    fc.assert(
      fc.property(valid, fc.integer({ min: 1, max: 50 }), (policy, failed) => {
        const steady = { ...policy, jitter: false };
        expect(backOffMs(steady, failed + 1, 0)).toBeGreaterThanOrEqual(backOffMs(steady, failed, 0));
      }),
    );
  });
});

describe('a retry policy', () => {
  it('that is good has no faults', () => {
    fc.assert(
      fc.property(valid, (policy) => {
        expect(retryPolicyViolations(policy)).toEqual([]);
      }),
    );
    expect(retryPolicyViolations(DEFAULT_RETRY)).toEqual([]);
  });

  it.each([
    ['initial below 0', { initialMs: -1 }, ['initial must be between 0 s and 1 h']],
    ['initial over an hour', { initialMs: 3_600_001, capMs: 3_600_001 }, ['initial must be between 0 s and 1 h']],
    ['multiplier below 1', { multiplier: 0.5 }, ['multiplier must be between 1 and 10']],
    ['multiplier over 10', { multiplier: 11 }, ['multiplier must be between 1 and 10']],
    ['cap below initial', { capMs: 999 }, ['cap must be at least initial and at most 24 h']],
    ['cap over a day', { capMs: 86_400_001 }, ['cap must be at least initial and at most 24 h']],
    [
      'no numbers',
      { initialMs: Number.NaN, multiplier: Number.NaN, capMs: Number.NaN },
      [
        'initial must be between 0 s and 1 h',
        'multiplier must be between 1 and 10',
        'cap must be at least initial and at most 24 h',
      ],
    ],
  ])('with %s says so', (_, wrong, faults) => {
    const told = retryPolicyViolations({ ...DEFAULT_RETRY, ...wrong });
    expect(told.map(({ field, description }) => `${field} ${description}`)).toEqual(faults);
  });
});
