import { describe, expect, it } from 'vitest';
import { parseTime, timeOption } from './times.ts';

const NOW = Date.UTC(2026, 10, 22, 21, 0, 0);

describe('a time', () => {
  it.each([
    ['now', 0],
    ['0s', 0],
    ['90s', 90_000],
    ['10m', 600_000],
    ['10m ago', 600_000],
    ['2 h ago', 7_200_000],
    ['1h30m', 5_400_000],
    ['1d 2h ago', 93_600_000],
  ])('%s is so long ago', (text, ago) => {
    expect(parseTime(text, NOW)).toBe(NOW - ago);
  });

  it.each([
    ['2026-11-22T20:59:59Z', Date.UTC(2026, 10, 22, 20, 59, 59)],
    ['2026-11-22 20:59:59z', Date.UTC(2026, 10, 22, 20, 59, 59)],
    ['2026-11-22T20:59:59.5+02:00', Date.UTC(2026, 10, 22, 18, 59, 59, 500)],
    ['2026-11-22T20:59-05:30', Date.UTC(2026, 10, 23, 2, 29)],
    ['2026-11-22T20:59', new Date(2026, 10, 22, 20, 59).getTime()],
    ['2026-11-22', new Date(2026, 10, 22).getTime()],
  ])('%s is that moment, here where no zone is said', (text, at) => {
    expect(parseTime(text, NOW)).toBe(at);
  });

  it.each([
    '',
    'ago',
    '10',
    'm',
    '-5m',
    '5 minutes',
    'yesterday',
    '2026',
    '2026-13-01',
    '2026-02-30',
    '2026-11-22T25:00Z',
  ])('%s is none', (text) => {
    expect(parseTime(text, NOW)).toBeNull();
  });

  it('that is none is told in a sentence, and one that was not given is left out', () => {
    expect(() => timeOption('--since', 'later', NOW)).toThrow(
      '--since must be how long ago, as 10m or 2h ago, or a time, as 2026-11-22T21:00:00Z; it is "later"',
    );
    expect(timeOption('--since', undefined, NOW)).toBeUndefined();
    expect(timeOption('--since', '1s', NOW)).toBe(NOW - 1_000);
  });
});
