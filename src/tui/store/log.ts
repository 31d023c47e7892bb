import type { LogChunk } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { printable } from '../format/printable.ts';
import { millis } from '../format/time.ts';
import { Ring } from './ring.ts';

/** Rows of one run's log that are kept in memory; the server keeps ten times as many. */
const MAX_ROWS = 10_000;
/** What of one line is kept: more than any terminal shows, far less than a line may have. */
const MAX_LINE = 2_000;

/** One row of the log pane. */
export type LogRow =
  | { readonly kind: 'step'; readonly step: string; readonly attempt: number }
  | { readonly kind: 'line'; readonly at: number | undefined; readonly text: string; readonly isError: boolean };

/** The log of the run that is looked at. */
export interface LogState {
  /** The run whose log it is; empty: none. */
  readonly runId: string;
  /** The same object for as long as it is the same run: `version` says that it has changed. */
  readonly rows: Ring<LogRow>;
  readonly version: number;
  /** How many lines have come, also those that the ring has dropped. */
  readonly lines: number;
  readonly lastStep: string;
  readonly lastAttempt: number;
  /** Row at the top of the pane where somebody scrolled up; undefined: the end is followed. */
  readonly pausedAt: number | undefined;
  /** How many lines there were when the pane was paused. */
  readonly linesAtPause: number;
  /** False once everything that there will ever be has come. */
  readonly open: boolean;
  /** What is looked for; empty: nothing. */
  readonly search: string;
  /** The row that was found; undefined: none so far. */
  readonly found: number | undefined;
}

const decoder = new TextDecoder();

/** The empty log of a run; follows its end. */
export function emptyLog(runId: string): LogState {
  return {
    runId,
    rows: new Ring(MAX_ROWS),
    version: 0,
    lines: 0,
    lastStep: '',
    lastAttempt: 0,
    pausedAt: undefined,
    linesAtPause: 0,
    open: runId !== '',
    search: '',
    found: undefined,
  };
}

/** The log with some more lines; a row that names the step comes before the first line of each attempt. */
export function appendLog(state: LogState, chunks: readonly LogChunk[]): LogState {
  if (chunks.length === 0) return state;
  let { lastStep, lastAttempt } = state;
  for (const chunk of chunks) {
    if (chunk.step !== lastStep || chunk.attempt !== lastAttempt) {
      lastStep = chunk.step;
      lastAttempt = chunk.attempt;
      state.rows.push({ kind: 'step', step: lastStep, attempt: lastAttempt });
    }
    const text = printable(decoder.decode(chunk.data)).slice(0, MAX_LINE);
    state.rows.push({ kind: 'line', at: millis(chunk.ts), text, isError: chunk.stream === 'stderr' });
  }
  return { ...state, version: state.version + 1, lines: state.lines + chunks.length, lastStep, lastAttempt };
}

/** The number of the first row in a pane of that height. */
export function logTop({ rows, pausedAt }: LogState, height: number): number {
  const last = Math.max(rows.start, rows.end - height);
  return pausedAt === undefined ? last : Math.max(rows.start, Math.min(pausedAt, last));
}

/** The log scrolled by some rows; back at the end it follows again. @param by negative: up */
export function scrollLog(state: LogState, by: number, height: number): LogState {
  return scrollLogTo(state, logTop(state, height) + by, height);
}

/** The log with that row at the top of the pane, as far as there are rows; at the end it follows. */
export function scrollLogTo(state: LogState, row: number, height: number): LogState {
  const top = Math.max(state.rows.start, row);
  if (top + height >= state.rows.end) return followLog(state);
  const linesAtPause = state.pausedAt === undefined ? state.lines : state.linesAtPause;
  return { ...state, pausedAt: top, linesAtPause };
}

/** The log following its end. */
export function followLog(state: LogState): LogState {
  return state.pausedAt === undefined ? state : { ...state, pausedAt: undefined };
}

/** The number of the row that names the last attempt of a step; undefined where no line of it is kept. */
export function rowOfStep({ rows }: LogState, step: string): number | undefined {
  for (let number = rows.end - 1; number >= rows.start; number--) {
    const row = rows.at(number);
    if (row?.kind === 'step' && row.step === step) return number;
  }
  return undefined;
}

/**
 * The log with its next row that has `search` in it, in any spelling, in the middle of the pane; round and round. The very
 * same log where no row has it.
 *
 * @param from the row to begin behind
 */
export function findInLog(state: LogState, search: string, from: number, by: 1 | -1, height: number): LogState {
  const { rows } = state;
  const wanted = search.toLowerCase();
  const count = rows.end - rows.start;
  for (let step = 1; step <= count; step++) {
    const number = rows.start + ((((from - rows.start + by * step) % count) + count) % count);
    const row = rows.at(number);
    if (row?.kind !== 'line' || !row.text.toLowerCase().includes(wanted)) continue;
    return scrollLogTo({ ...state, search, found: number }, number - Math.floor(height / 2), height);
  }
  return state;
}
