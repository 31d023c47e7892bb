import type { LogLine } from '../../../core/ports/store.ts';

/** The lines that a run's log keeps: the first ones, and the last ones, with one line of the store's own between them. */
export interface LogBudget {
  readonly headLines: number;
  readonly headBytes: number;
  readonly tailLines: number;
  readonly tailBytes: number;
}

/** Divides a run's log limits between its beginning and its end. */
export function logBudget(limits: { readonly logLines: number; readonly logBytes: number }): LogBudget {
  const headLines = Math.floor(limits.logLines / 2);
  const headBytes = Math.floor(limits.logBytes / 2);
  return {
    headLines,
    headBytes,
    tailLines: limits.logLines - headLines - 1,
    tailBytes: limits.logBytes - headBytes,
  };
}

/** The line that stands for lines that were dropped; it has place and number of the last of them. */
export function gapLine(dropped: number, last: Omit<LogLine, 'stream' | 'data'>): LogLine {
  const text = `[${dropped} ${dropped === 1 ? 'line was' : 'lines were'} dropped here to keep the log within its bounds]`;
  return { ...last, stream: 'stderr', data: new TextEncoder().encode(text) };
}
