import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { formatAge, formatDuration, millis } from '../../tui/format/time.ts';

/** How long ago, in one unit: `12s`, `4m`; empty where there is no time. */
export function ageOf(time: Timestamp | undefined, now = Date.now()): string {
  const at = millis(time);
  return at === undefined ? '' : formatAge(now - at);
}

/** From one time to the other, or until now where there is no end; empty where there is no beginning. */
export function tookText(start: Timestamp | undefined, end: Timestamp | undefined, now = Date.now()): string {
  const from = millis(start);
  return from === undefined ? '' : formatDuration((millis(end) ?? now) - from);
}

/** A time as people write it, local, and how long ago that was: `2026-11-22 21:48:03 (4m ago)`. */
export function timeText(time: Timestamp | undefined, now = Date.now()): string {
  const at = millis(time);
  return at === undefined ? '' : `${stampText(at)} (${formatAge(now - at)} ago)`;
}

/** A time as people write it, local: `2026-11-22 21:48:03`. */
export function stampText(at: number): string {
  const date = new Date(at);
  const two = (part: number) => String(part).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${day} ${clock}`;
}
