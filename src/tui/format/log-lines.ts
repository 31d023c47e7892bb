import type { LogRow, LogState } from '../store/log.ts';
import { shownRows } from '../store/log.ts';
import type { LogLook, LogPane, LogTimes } from '../store/log-window.ts';
import { leadCells, logWindow, piecesOf } from '../store/log-window.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import type { Line, Segment } from './segment.ts';
import { formatClock, formatDuration } from './time.ts';

/** A line of the log pane. */
export interface LogLine {
  readonly line: Line;
  /** It has what was looked for. */
  readonly isFound: boolean;
}

/** Cells of a time: `12:41:03`, `+2h 07m`. */
const TIME_CELLS = 8;

/** What is seen of a log in its pane. */
export function logLines(log: LogState, pane: LogPane, glyphs: Glyphs): readonly LogLine[] {
  return logWindow(log, pane).flatMap(({ number, row, from, to }) =>
    rowLines(row, log.firstAt, pane, glyphs)
      .slice(from, to)
      .map((line) => ({ line, isFound: number === log.found })),
  );
}

/** The rows of a log that are kept and shown as plain text, with the times as they are shown; each ends in a line break. */
export function logText(log: LogState, { times }: LogLook): string {
  return shownRows(log)
    .map((row) => {
      if (row.kind === 'step') return `--- ${headOf(row)}\n`;
      const time = timeText(row.at, log.firstAt, times);
      return `${time === '' ? '' : `${time} `}${row.text}\n`;
    })
    .join('');
}

/** The lines of a log that are kept and shown, with the time of each, for a file; and how many they are. */
export function logRecord(log: LogState): { readonly text: string; readonly lines: number } {
  const rows = shownRows(log);
  const texts = rows.map((row) => {
    if (row.kind === 'step') return `--- ${headOf(row)}\n`;
    const time = row.at === undefined ? '' : `${new Date(row.at).toISOString()} `;
    return `${time}${row.isError ? '[stderr] ' : ''}${row.text}\n`;
  });
  return { text: texts.join(''), lines: rows.filter(({ kind }) => kind === 'line').length };
}

function rowLines(row: LogRow, firstAt: number | undefined, pane: LogPane, glyphs: Glyphs): readonly Line[] {
  if (row.kind === 'step') return [ruleLine(headOf(row), pane.width, glyphs)];
  const time = timeText(row.at, firstAt, pane.look.times);
  const lead: Segment[] = time === '' ? [] : [{ text: `${time} `, tone: 'muted' }];
  const margin = ' '.repeat(leadCells(pane.look, row.isError));
  const tone = row.isError ? ({ tone: 'warn' } as const) : {};
  const sign = row.isError ? `${glyphs.attention} ` : '';
  const pieces = piecesOf(row, pane);
  return pieces.map((piece, at) => {
    const text = at < pieces.length - 1 ? piece.trimEnd() : piece;
    return at === 0 ? [...lead, { text: sign + text, ...tone }] : [{ text: margin }, { text, ...tone }];
  });
}

function ruleLine(text: string, width: number, { box }: Glyphs): Line {
  const rest = Math.max(0, width - text.length - 4);
  return [
    { text: `${box.top.repeat(2)} `, tone: 'border' },
    { text, tone: 'accent' },
    { text: ` ${box.top.repeat(rest)}`, tone: 'border' },
  ];
}

function headOf({ step, attempt }: LogRow & { kind: 'step' }): string {
  return `${step}${attempt > 1 ? `, attempt ${attempt}` : ''}`;
}

/** A time in exactly 8 cells; empty where none is to be shown. */
function timeText(at: number | undefined, firstAt: number | undefined, times: LogTimes): string {
  if (times === 'off') return '';
  if (at === undefined) return ' '.repeat(TIME_CELLS);
  if (times === 'clock') return formatClock(at);
  return `+${formatDuration(at - (firstAt ?? at))}`.padStart(TIME_CELLS);
}
