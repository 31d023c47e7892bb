import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LogDraft } from '../../../core/ports/store.ts';
import { logBudget } from '../shared/log-gap.ts';
import { RunLog } from './run-log.ts';

const ROOMY = logBudget({ logLines: 100_000, logBytes: 16 * 1024 * 1024 });

function draft(text: string, at = 0): LogDraft {
  return { at, stream: 'stdout', data: new TextEncoder().encode(text), step: 'image', attempt: 1 };
}

function said(log: RunLog, after = 0, limit = 100_000): string[] {
  return log.read(after, limit).map(({ sequence, data }) => `${sequence} ${new TextDecoder().decode(data)}`);
}

test('lines of every length come back, across chunks', () => {
  const lengths = [0, 1, 511, 512, 513, 16_384, 0, 40_000, 3, ...Array<number>(500).fill(100)];
  const log = new RunLog(ROOMY);
  for (const [at, length] of lengths.entries()) log.append(draft(String(at % 10).repeat(length)));
  expect(said(log)).toEqual(lengths.map((length, at) => `${at + 1} ${String(at % 10).repeat(length)}`));
});

test('each line keeps its own time, stream, step and attempt', () => {
  const log = new RunLog(ROOMY);
  const drafts = [
    draft('a', 1),
    { ...draft('b', 3), stream: 'stderr' as const },
    { ...draft('c', 2), step: 'join' },
    { ...draft('d', 2), step: 'join', attempt: 2 },
    draft('e', 5),
  ];
  for (const one of drafts) log.append(one);
  expect(log.read(0, 10)).toEqual(drafts.map((one, at) => ({ ...one, sequence: at + 1 })));
});

test('what was read does not change when more is written', () => {
  const log = new RunLog(ROOMY);
  log.append(draft('first'));
  const [line] = log.read(0, 1);
  for (let at = 0; at < 1_000; at += 1) log.append(draft('x'.repeat(100)));
  expect(new TextDecoder().decode(line?.data)).toBe('first');
});

test('the last line stays, however long, and an empty line is not free', () => {
  const log = new RunLog(logBudget({ logLines: 10, logBytes: 20 }));
  for (const text of ['aaaaaaaaaa', 'b', 'c'.repeat(100)]) log.append(draft(text));
  expect(said(log)).toEqual([
    '1 aaaaaaaaaa',
    '2 [1 line was dropped here to keep the log within its bounds]',
    `3 ${'c'.repeat(100)}`,
  ]);
  const { weight } = log;
  log.append(draft('d'));
  log.append(draft(''));
  expect(said(log).slice(1)).toEqual(['3 [2 lines were dropped here to keep the log within its bounds]', '4 d', '5 ']);
  expect(log.weight).toBeGreaterThan(weight - 100);
});

test('a log that is shed tells how many lines it had, and counts on', () => {
  const log = new RunLog(logBudget({ logLines: 10, logBytes: 1_000 }));
  log.shed();
  expect(log.read(0, 10)).toEqual([]);
  for (let at = 1; at <= 20; at += 1) log.append(draft(`n${at}`, at));
  log.shed();
  expect(log.weight).toBe(0);
  expect(said(log)).toEqual(['20 [20 lines were dropped here to keep the log within its bounds]']);
  expect(log.read(0, 10)[0]).toMatchObject({ at: 20, stream: 'stderr', step: 'image', attempt: 1 });
  log.append(draft('again'));
  expect(said(log).slice(1)).toEqual(['21 again']);
});

test('is the first half, a gap and the last half of what was written, wherever it is read', () => {
  const widths = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 400 });
  const limits = fc.record({
    logLines: fc.integer({ min: 3, max: 300 }),
    logBytes: fc.integer({ min: 61, max: 4_000 }),
  });
  fc.assert(
    fc.property(widths, limits, fc.nat(400), fc.integer({ min: 1, max: 50 }), (lengths, bounds, after, limit) => {
      const log = new RunLog(logBudget(bounds));
      const written = lengths.map((length, at) => draft('z'.repeat(length), at));
      for (const one of written) log.append(one);
      const lines = log.read(0, 1_000);
      const gap = lines.findIndex(({ stream }) => stream === 'stderr');
      const numbers = lines.map(({ sequence }) => sequence);
      const kept = lines.filter(({ stream }) => stream === 'stdout');
      expect(kept).toEqual(kept.map(({ sequence }) => ({ ...written[sequence - 1], sequence })));
      expect(numbers.at(-1) ?? 0).toBe(lengths.length);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      expect(lines.length).toBeLessThanOrEqual(bounds.logLines);
      expect(kept.reduce((sum, { data }) => sum + data.byteLength, 0)).toBeLessThanOrEqual(bounds.logBytes);
      if (gap < 0) expect(numbers).toEqual(lengths.map((_, at) => at + 1));
      else {
        expect(numbers.slice(0, gap)).toEqual(numbers.slice(0, gap).map((_, at) => at + 1));
        expect(numbers.slice(gap)).toEqual(numbers.slice(gap).map((_, at) => (numbers[gap] ?? 0) + at));
      }
      expect(log.read(after, limit)).toEqual(lines.filter(({ sequence }) => sequence > after).slice(0, limit));
    }),
  );
});
