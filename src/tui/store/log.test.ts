import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { LogChunkSchema } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { appendLog, emptyLog, followLog, loggedSteps, rowOfStep, shownRows, withStep } from './log.ts';
import type { LogPane } from './log-window.ts';
import { findInLog, logTop, logWindow, scrollLog, scrollLogTo } from './log-window.ts';

const FIVE: LogPane = { width: 40, height: 5, look: { wrap: false, times: 'off', zoomed: false } };
const WRAPPED: LogPane = { width: 10, height: 5, look: { wrap: true, times: 'off', zoomed: false } };

function lines(count: number, step = 'image', attempt = 1) {
  return Array.from({ length: count }, (_, at) => line(`line ${at}`, step, attempt));
}

function line(text: string, step = 'image', attempt = 1) {
  return create(LogChunkSchema, { data: new TextEncoder().encode(text), step, attempt });
}

/** Lines whose texts are that long, named by a letter each. */
const long = (...lengths: readonly number[]) => lengths.map((length, at) => line('abcdefgh'.charAt(at).repeat(length)));

/** The pieces that a pane shows, as `row/piece`. */
const seen = (log: Parameters<typeof logWindow>[0], pane: LogPane) =>
  logWindow(log, pane).flatMap(({ number, from, to }) =>
    Array.from({ length: to - from }, (_, at) => `${number}/${from + at}`),
  );

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
    expect(logTop(log, FIVE)).toEqual({ row: 16, line: 0 });
    const paused = scrollLog(log, -3, FIVE);
    const longer = appendLog(paused, lines(7));
    expect(logTop(longer, FIVE)).toEqual({ row: 13, line: 0 });
    expect(longer.shown - longer.shownAtPause).toBe(7);
  });

  test('follows again once the end is reached, or asked for', () => {
    const paused = scrollLog(appendLog(emptyLog('r'), lines(20)), -3, FIVE);
    expect(scrollLog(paused, 2, FIVE).pausedAt).toEqual({ row: 15, line: 0 });
    expect(scrollLog(paused, 3, FIVE).pausedAt).toBeUndefined();
    expect(followLog(paused).pausedAt).toBeUndefined();
  });

  test('that is shorter than its pane cannot be scrolled', () => {
    expect(scrollLog(appendLog(emptyLog('r'), lines(3)), -3, FIVE).pausedAt).toBeUndefined();
  });

  test('keeps its last rows, and a view of what has gone shows the oldest that is left', () => {
    const paused = scrollLogTo(appendLog(emptyLog('r'), lines(50)), { row: 2, line: 0 }, FIVE);
    const longer = appendLog(paused, lines(20_000));
    expect(longer.rows.end - longer.rows.start).toBe(10_000);
    expect(logTop(longer, FIVE)).toEqual({ row: longer.rows.start, line: 0 });
    expect(longer.lines).toBe(20_050);
  });

  test('takes no control characters over, and no line longer than can be shown', () => {
    const data = new TextEncoder().encode(`\x1b[2J${'x'.repeat(9_000)}`);
    const log = appendLog(emptyLog('r'), [create(LogChunkSchema, { data, stream: 'stderr' })]);
    const row = log.rows.at(0);
    expect(row).toMatchObject({ kind: 'line', isError: true });
    expect(row?.kind === 'line' && row.text).toBe('x'.repeat(2_000));
  });

  test('remembers when its first line was written', () => {
    const at = (ms: number) => create(LogChunkSchema, { step: 'image', ts: timestampFromMs(ms) });
    expect(appendLog(appendLog(emptyLog('r'), [at(7_000)]), [at(9_000)]).firstAt).toBe(7_000);
  });
});

describe('one step alone', () => {
  const both = () => appendLog(emptyLog('r'), [...lines(3, 'reboot'), ...lines(4), ...lines(2, 'reboot', 2)]);

  test('shows its rows, counts its lines, and those that come', () => {
    const log = withStep(both(), 'reboot');
    expect(loggedSteps(both())).toEqual(['reboot', 'image']);
    expect(shownRows(log).map((row) => row.kind)).toEqual(['step', 'line', 'line', 'line', 'step', 'line', 'line']);
    expect(log.shown).toBe(5);
    expect(appendLog(log, [...lines(10), ...lines(1, 'reboot', 3)]).shown).toBe(6);
    expect(withStep(log, '').shown).toBe(9);
  });

  test('scrolls over what is not shown, and pauses for lines of its own alone', () => {
    const log = withStep(both(), 'reboot');
    expect(seen(log, FIVE)).toEqual(['2/0', '3/0', '9/0', '10/0', '11/0']);
    const paused = scrollLog(log, -1, FIVE);
    expect(seen(paused, FIVE)).toEqual(['1/0', '2/0', '3/0', '9/0', '10/0']);
    const later = appendLog(paused, lines(5));
    expect(later.shown - later.shownAtPause).toBe(0);
    expect(seen(scrollLog(later, 1, FIVE), FIVE)).toEqual(['2/0', '3/0', '9/0', '10/0', '11/0']);
    expect(scrollLog(later, 1, FIVE).pausedAt).toBeUndefined();
  });

  test('finds nothing where nothing is shown', () => {
    const log = withStep(both(), 'reboot');
    expect(findInLog(log, 'line 3', -1, 1, FIVE)).toBe(log);
    expect(findInLog(log, 'line 1', -1, 1, FIVE).found).toBe(2);
  });
});

describe('long lines that go on below', () => {
  const log = appendLog(emptyLog('r'), long(25, 5, 31));

  test('show their ends while the log is followed', () => {
    expect(seen(log, WRAPPED)).toEqual(['2/0', '3/0', '3/1', '3/2', '3/3']);
  });

  test('scroll a line of the screen at a time', () => {
    const paused = scrollLog(log, -2, WRAPPED);
    expect(paused.pausedAt).toEqual({ row: 1, line: 1 });
    expect(seen(paused, WRAPPED)).toEqual(['1/1', '1/2', '2/0', '3/0', '3/1']);
    expect(seen(scrollLog(paused, 1, WRAPPED), WRAPPED)).toEqual(['1/2', '2/0', '3/0', '3/1', '3/2']);
    expect(scrollLog(paused, 2, WRAPPED).pausedAt).toBeUndefined();
    expect(scrollLog(log, -99, WRAPPED).pausedAt).toEqual({ row: 0, line: 0 });
  });

  test('stay in place when the pane becomes wider', () => {
    const paused = scrollLogTo(log, { row: 1, line: 2 }, WRAPPED);
    expect(logTop(appendLog(paused, long(99, 99)), { ...WRAPPED, width: 20 })).toEqual({ row: 1, line: 1 });
  });

  test('are found where the text is, however far in', () => {
    const late = appendLog(emptyLog('r'), [line(`${'-'.repeat(95)}needle`), ...lines(20)]);
    const found = findInLog(late, 'NEEDLE', -1, 1, WRAPPED);
    expect(found.found).toBe(1);
    expect(seen(found, WRAPPED)).toEqual(['1/7', '1/8', '1/9', '1/10', '2/0']);
  });
});
