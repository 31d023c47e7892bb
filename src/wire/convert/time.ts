import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Millis } from '../../core/domain/time.ts';

/** An instant as the wire has it; null, a time that did not come yet, is an absent field. */
export function timestampOf(at: Millis): Timestamp;
export function timestampOf(at: Millis | null): Timestamp | undefined;
export function timestampOf(at: Millis | null): Timestamp | undefined {
  return at === null ? undefined : timestampFromMs(at);
}

/** The first and the last second that a timestamp can name: the years 1 to 9999. */
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;

/**
 * The instant of a timestamp, rounded to the millisecond before or after it; null where it is none.
 *
 * @see google/protobuf/timestamp.proto
 */
export function instantOf({ seconds, nanos }: Timestamp, round: 'down' | 'up'): Millis | null {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos > 999_999_999) return null;
  return Number(seconds) * 1_000 + (round === 'up' ? Math.ceil(nanos / 1e6) : Math.floor(nanos / 1e6));
}
