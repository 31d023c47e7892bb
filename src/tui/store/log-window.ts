import { wordPieces } from '../format/cells.ts';
import type { LogPlace, LogRow, LogState } from './log.ts';
import { followLog, isShown } from './log.ts';

/** What stands before a line of the log: the time of day, the time since the log's first line, or nothing. */
export type LogTimes = 'clock' | 'since' | 'off';

/** How logs are looked at, whichever run's. */
export interface LogLook {
  /** Long lines go on below, and are not cut. */
  readonly wrap: boolean;
  readonly times: LogTimes;
  /** The log has the whole screen while it has the focus. */
  readonly zoomed: boolean;
}

/** What a log is drawn in, in cells. */
export interface LogPane {
  readonly width: number;
  readonly height: number;
  readonly look: LogLook;
}

/** A row of the log that is seen, and which of the lines that it is wrapped into. */
export interface SeenRow {
  readonly number: number;
  readonly row: LogRow;
  readonly from: number;
  readonly to: number;
}

/** Cells of a time and the blank behind it. */
const TIME_CELLS = 9;
/** Cells of the sign before what went to stderr, and of the blank behind it. */
const SIGN_CELLS = 2;

/** Cells that stand before the text of a line. */
export function leadCells({ times }: LogLook, isError: boolean): number {
  return (times === 'off' ? 0 : TIME_CELLS) + (isError ? SIGN_CELLS : 0);
}

/** The text of a line in the pieces that are below each other in a pane; blanks at a break are behind the piece before it. */
export function piecesOf(row: LogRow & { kind: 'line' }, { width, look }: LogPane): readonly string[] {
  return look.wrap ? wordPieces(row.text, width - leadCells(look, row.isError)) : [row.text];
}

/** What is at the top of a pane: what somebody scrolled to, else what leaves the last line at its bottom. */
export function logTop(log: LogState, pane: LogPane): LogPlace {
  const lowest = up(log, { row: log.rows.end, line: 0 }, pane.height, pane);
  const { pausedAt } = log;
  if (pausedAt === undefined || isBefore(lowest, pausedAt)) return lowest;
  if (pausedAt.row < log.rows.start) return { row: log.rows.start, line: 0 };
  // A pane that has become wider has fewer lines for the row.
  return { row: pausedAt.row, line: Math.min(pausedAt.line, Math.max(0, heightAt(log, pausedAt.row, pane) - 1)) };
}

/** What is seen of the log in a pane. */
export function logWindow(log: LogState, pane: LogPane): readonly SeenRow[] {
  const seen: SeenRow[] = [];
  let { row: number, line: from } = logTop(log, pane);
  let left = pane.height;
  while (left > 0 && number < log.rows.end) {
    const row = log.rows.at(number);
    const to = Math.min(heightAt(log, number, pane), from + left);
    if (row !== undefined && to > from) seen.push({ number, row, from, to });
    left -= Math.max(0, to - from);
    number += 1;
    from = 0;
  }
  return seen;
}

/** The log scrolled by some lines; back at the end it follows again. @param by negative: up */
export function scrollLog(log: LogState, by: number, pane: LogPane): LogState {
  const top = logTop(log, pane);
  return scrollLogTo(log, by < 0 ? up(log, top, -by, pane) : down(log, top, by, pane), pane);
}

/** The log with that place at the top of the pane, as far as there are lines; at the end it follows. */
export function scrollLogTo(log: LogState, place: LogPlace, pane: LogPane): LogState {
  const lowest = up(log, { row: log.rows.end, line: 0 }, pane.height, pane);
  if (!isBefore(place, lowest)) return followLog(log);
  const pausedAt = place.row < log.rows.start ? { row: log.rows.start, line: 0 } : place;
  return { ...log, pausedAt, shownAtPause: log.pausedAt === undefined ? log.shown : log.shownAtPause };
}

/**
 * The log with its next line that has `search` in it, in any spelling, in the middle of the pane; round and round. The very
 * same log where no line that is shown has it.
 *
 * @param from the row to begin behind
 */
export function findInLog(log: LogState, search: string, from: number, by: 1 | -1, pane: LogPane): LogState {
  const { rows } = log;
  const wanted = search.toLowerCase();
  const count = rows.end - rows.start;
  for (let step = 1; step <= count; step++) {
    const number = rows.start + ((((from - rows.start + by * step) % count) + count) % count);
    const row = rows.at(number);
    if (row?.kind !== 'line' || !isShown(log, row)) continue;
    const at = row.text.toLowerCase().indexOf(wanted);
    if (at < 0) continue;
    const found = { row: number, line: pieceAt(piecesOf(row, pane), at) };
    return scrollLogTo({ ...log, search, found: number }, up(log, found, Math.floor(pane.height / 2), pane), pane);
  }
  return log;
}

/** In which piece of a line the character of that index is. */
function pieceAt(pieces: readonly string[], index: number): number {
  let end = 0;
  const at = pieces.findIndex((piece) => {
    end += piece.length;
    return index < end;
  });
  return Math.max(0, at);
}

/** Lines of the screen that a row takes; none where it is of a step that is not shown. */
function heightAt(log: LogState, number: number, pane: LogPane): number {
  const row = log.rows.at(number);
  if (row === undefined || !isShown(log, row)) return 0;
  return row.kind === 'step' ? 1 : piecesOf(row, pane).length;
}

/** The place so many lines above another one; the first one where there are fewer. */
function up(log: LogState, { row, line }: LogPlace, by: number, pane: LogPane): LogPlace {
  let [number, at, left] = [row, line, by];
  while (left > at) {
    left -= at;
    if (number <= log.rows.start) return { row: log.rows.start, line: 0 };
    number -= 1;
    at = heightAt(log, number, pane);
  }
  return { row: number, line: at - left };
}

/** The place so many lines below another one; behind the last row where there are fewer. */
function down(log: LogState, { row, line }: LogPlace, by: number, pane: LogPane): LogPlace {
  let [number, at, left] = [row, line, by];
  while (number < log.rows.end) {
    const height = heightAt(log, number, pane);
    if (at + left < height) return { row: number, line: at + left };
    left -= Math.max(0, height - at);
    number += 1;
    at = 0;
  }
  return { row: number, line: 0 };
}

function isBefore(a: LogPlace, b: LogPlace): boolean {
  return a.row < b.row || (a.row === b.row && a.line < b.line);
}
