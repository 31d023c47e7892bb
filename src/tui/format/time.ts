import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { timestampMs } from '@bufbuild/protobuf/wkt';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A time of the wire in ms since 1970; undefined where there is none. */
export function millis(timestamp: Timestamp | undefined): number | undefined {
  return timestamp === undefined ? undefined : timestampMs(timestamp);
}

/** How long something took, at most 7 cells: `0.2s`, `59.9s`, `12m 04s`, `2h 07m`, `3d 04h`. Negative counts as nothing. */
export function formatDuration(ms: number): string {
  // Rounded down, so that a running count never shows more than has passed.
  const tenths = Math.floor(Math.max(0, ms) / 100);
  if (tenths < 600) return `${Math.floor(tenths / 10)}.${tenths % 10}s`;
  return coarse(ms);
}

/** How long ago, in one unit, at most 4 cells: `12s`, `4m`, `23h`, `99d`, `12y`. Negative counts as nothing. */
export function formatAge(ms: number): string {
  const age = Math.max(0, ms);
  if (age < MINUTE) return `${Math.floor(age / SECOND)}s`;
  if (age < HOUR) return `${Math.floor(age / MINUTE)}m`;
  if (age < DAY) return `${Math.floor(age / HOUR)}h`;
  const days = Math.floor(age / DAY);
  return days < 1_000 ? `${days}d` : `${Math.floor(days / 365)}y`;
}

/** How long is left, in whole seconds and rounded up, so that it is 0 only when nothing is left: `3s`, `1m 04s`. */
export function formatCountdown(ms: number): string {
  const left = Math.ceil(Math.max(0, ms) / SECOND) * SECOND;
  return left < MINUTE ? `${left / SECOND}s` : coarse(left);
}

/** The time of day, local: `12:41:03`. */
export function formatClock(ms: number): string {
  const at = new Date(ms);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** A moment that may be long ago, in at most 11 cells: `12:41:03` within a day, else `11-27 12:41`. @param now ms since 1970 */
export function formatStamp(ms: number, now: number): string {
  if (Math.abs(now - ms) < DAY) return formatClock(ms);
  const at = new Date(ms);
  const [month, day] = [at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0'));
  return `${month}-${day} ${formatClock(ms).slice(0, 5)}`;
}

function coarse(ms: number): string {
  if (ms < HOUR) return pair(ms, MINUTE, 'm', SECOND, 's');
  if (ms < DAY) return pair(ms, HOUR, 'h', MINUTE, 'm');
  return pair(ms, DAY, 'd', HOUR, 'h');
}

function pair(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)}${largeName} ${String(rest).padStart(2, '0')}${smallName}`;
}

/** How long an answer took: `<1 ms`, `3 ms`, `1.2 s`. @param ms 0 or more */
export function formatLatency(ms: number): string {
  if (ms < 1) return '<1 ms';
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
