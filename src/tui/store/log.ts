import type { LogChunk } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { printable } from '../format/printable.ts';
import { millis } from '../format/time.ts';
import { Ring } from './ring.ts';

/** Rows of one run's log that are kept in memory; the server keeps ten times as many. */
const MAX_ROWS = 10_000;
/** What of one line is kept: more than any terminal shows, far less than a line may have. */
const MAX_LINE = 2_000;

/** One row of the log: the head of a step's attempt, or a line that it wrote. */
export type LogRow =
  | { readonly kind: 'step'; readonly step: string; readonly attempt: number }
  | {
      readonly kind: 'line';
      readonly step: string;
      readonly at: number | undefined;
      readonly text: string;
      readonly isError: boolean;
    };

/** A place in the log: a row, and which of the lines that it is wrapped into. */
export interface LogPlace {
  readonly row: number;
  readonly line: number;
}

/** The log of the run that is looked at. */
export interface LogState {
  /** The run whose log it is; empty: none. */
  readonly runId: string;
  /** The same object for as long as it is the same run: `version` says that it has changed. */
  readonly rows: Ring<LogRow>;
  readonly version: number;
  /** How many lines have come, also those that the ring has dropped. */
  readonly lines: number;
  /** When the first of them was written; undefined: nobody said. */
  readonly firstAt: number | undefined;
  readonly lastStep: string;
  readonly lastAttempt: number;
  /** The step whose lines are shown alone; empty: those of all steps. */
  readonly step: string;
  /** How many lines have come that are shown. */
  readonly shown: number;
  /** What is at the top of the pane where somebody scrolled up; undefined: the end is followed. */
  readonly pausedAt: LogPlace | undefined;
  /** How many lines were shown when the pane was paused. */
  readonly shownAtPause: number;
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
    firstAt: undefined,
    lastStep: '',
    lastAttempt: 0,
    step: '',
    shown: 0,
    pausedAt: undefined,
    shownAtPause: 0,
    open: runId !== '',
    search: '',
    found: undefined,
  };
}

/** The log with some more lines; a row that names the step comes before the first line of each attempt. */
export function appendLog(state: LogState, chunks: readonly LogChunk[]): LogState {
  if (chunks.length === 0) return state;
  let { lastStep, lastAttempt, shown } = state;
  for (const chunk of chunks) {
    if (chunk.step !== lastStep || chunk.attempt !== lastAttempt) {
      lastStep = chunk.step;
      lastAttempt = chunk.attempt;
      state.rows.push({ kind: 'step', step: lastStep, attempt: lastAttempt });
    }
    const text = decoder.decode(chunk.data);
    const row = lineOf(lastStep, millis(chunk.ts), text, chunk.stream === 'stderr');
    state.rows.push(row);
    if (isShown(state, row)) shown += 1;
  }
  return {
    ...state,
    version: state.version + 1,
    lines: state.lines + chunks.length,
    firstAt: state.firstAt ?? millis(chunks[0]?.ts),
    lastStep,
    lastAttempt,
    shown,
  };
}

/** A line of a log, as it can be drawn. */
export function lineOf(step: string, at: number | undefined, text: string, isError: boolean): LogRow {
  return { kind: 'line', step, at, text: printable(text).slice(0, MAX_LINE), isError };
}

/** Whether a row is of the step that is shown. */
export function isShown({ step }: LogState, row: LogRow): boolean {
  return step === '' || row.step === step;
}

/** The rows that are kept and shown, from the oldest on. */
export function shownRows(state: LogState): LogRow[] {
  return state.rows.slice(state.rows.start, state.rows.end).filter((row) => isShown(state, row));
}

/** The log with the lines of one step alone, or of all where `step` is empty; it follows its end. */
export function withStep(state: LogState, step: string): LogState {
  if (step === state.step) return state;
  const log: LogState = { ...followLog(state), step, found: undefined, version: state.version + 1 };
  // What the ring has dropped is known to be of some step, but no longer of which.
  const shown = step === '' ? log.lines : shownRows(log).filter(({ kind }) => kind === 'line').length;
  return { ...log, shown };
}

/** The steps that have lines here, in the order in which they wrote the first of them. */
export function loggedSteps({ rows }: LogState): readonly string[] {
  return [...new Set(rows.slice(rows.start, rows.end).map(({ step }) => step))];
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
