import { describe, expect, it } from 'vitest';
import { keep, keepText } from './keep.ts';

const DAY = 86_400_000;

describe('what is kept', () => {
  it.each([
    ['30d', { ageMs: 30 * DAY, count: null }],
    ['12h', { ageMs: DAY / 2, count: null }],
    ['90m', { ageMs: 5_400_000, count: null }],
    ['100000', { ageMs: null, count: 100_000 }],
    [5, { ageMs: null, count: 5 }],
    ['0', { ageMs: null, count: 0 }],
    ['30d,100000', { ageMs: 30 * DAY, count: 100_000 }],
    [' 100000 , 30d ', { ageMs: 30 * DAY, count: 100_000 }],
    ['all', { ageMs: null, count: null }],
  ])('is said by %s', (given, meant) => {
    expect(keep.parse(given)).toEqual(meant);
  });

  it.each(['', '0d', '30x', '-1', '1.5', '30d,40d', '1,2', '1,', '9999999999', 'none', true])(
    'is not said by %s',
    (given) => {
      const read = keep.safeParse(given);
      expect(read.error?.issues[0]?.message).toBe(
        'must be an age as 30d, a number as 100000, both as 30d,100000, or all',
      );
    },
  );

  it('is written as it is read', () => {
    for (const text of ['30d', '100000', '30d,100000', 'all']) expect(keepText(keep.parse(text))).toBe(text);
  });
});
