import { describe, expect, test } from 'vitest';
import { formatAge, formatCountdown, formatDuration } from './time.ts';

describe('durations', () => {
  test.each([
    [-5, '0.0s'],
    [0, '0.0s'],
    [249, '0.2s'],
    [59_999, '59.9s'],
    [60_000, '1m 00s'],
    [3_599_000, '59m 59s'],
    [3_600_000, '1h 00m'],
    [90_000_000, '1d 01h'],
  ])('%d ms took %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('ages', () => {
  test.each([
    [-1, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [86_399_000, '23h'],
    [86_400_000 * 999, '999d'],
    [86_400_000 * 1000, '2y'],
  ])('%d ms ago is %s', (ms, text) => {
    expect(formatAge(ms)).toBe(text);
  });
});

describe('countdowns', () => {
  test.each([
    [-1, '0s'],
    [1, '1s'],
    [59_000, '59s'],
    [59_001, '1m 00s'],
  ])('%d ms left is %s', (ms, text) => {
    expect(formatCountdown(ms)).toBe(text);
  });
});
