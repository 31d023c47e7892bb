import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { LogChunkSchema } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { appendLog, emptyLog, followLog, logTop, rowOfStep, scrollLog, scrollLogTo } from './log.ts';

function lines(count: number, step = 'image', attempt = 1) {
  return Array.from({ length: count }, (_, at) =>
    create(LogChunkSchema, { data: new TextEncoder().encode(`line ${at}`), step, attempt }),
  );
}

describe('the log of a run', () => {
  test('has a row that names the step before the lines of each attempt', () => {
    const log = appendLog(appendLog(emptyLog('r'), lines(1, 'reboot')), [...lines(1), ...lines(1, 'image', 2)]);
    const rows = log.rows.slice(0, 99).map((row) => (row.kind === 'step' ? `${row.step}/${row.attempt}` : row.text));
    expect(rows).toEqual(['reboot/1', 'line 0', 'image/1', 'line 0', 'image/2', 'line 0']);
    expect(log.lines).toBe(3);
    expect(rowOfStep(log, 'image')).toBe(4);
    expect(rowOfStep(log, 'join')).toBeUndefined();
  });

  test('follows its end until somebody scrolls up, then stands still and counts', () => {
    const log = appendLog(emptyLog('r'), lines(20));
    expect(logTop(log, 5)).toBe(16);
    const paused = scrollLog(log, -3, 5);
    const longer = appendLog(paused, lines(7));
    expect(logTop(longer, 5)).toBe(13);
    expect(longer.lines - longer.linesAtPause).toBe(7);
  });

  test('follows again once the end is reached, or asked for', () => {
    const paused = scrollLog(appendLog(emptyLog('r'), lines(20)), -3, 5);
    expect(scrollLog(paused, 2, 5).pausedAt).toBe(15);
    expect(scrollLog(paused, 3, 5).pausedAt).toBeUndefined();
    expect(followLog(paused).pausedAt).toBeUndefined();
  });

  test('that is shorter than its pane cannot be scrolled', () => {
    expect(scrollLog(appendLog(emptyLog('r'), lines(3)), -3, 5).pausedAt).toBeUndefined();
  });

  test('keeps its last rows, and a view of what has gone shows the oldest that is left', () => {
    const paused = scrollLogTo(appendLog(emptyLog('r'), lines(50)), 2, 5);
    const long = appendLog(paused, lines(20_000));
    expect(long.rows.end - long.rows.start).toBe(10_000);
    expect(logTop(long, 5)).toBe(long.rows.start);
    expect(long.lines).toBe(20_050);
  });

  test('takes no control characters over, and no line longer than can be shown', () => {
    const data = new TextEncoder().encode(`\x1b[2J${'x'.repeat(9_000)}`);
    const log = appendLog(emptyLog('r'), [create(LogChunkSchema, { data, stream: 'stderr' })]);
    const row = log.rows.at(0);
    expect(row).toMatchObject({ kind: 'line', isError: true });
    expect(row?.kind === 'line' && row.text).toBe('x'.repeat(2_000));
  });
});
