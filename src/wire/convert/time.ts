import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Millis } from '../../core/domain/time.ts';

/** An instant as the wire has it; null, a time that did not come yet, is an absent field. */
export function timestampOf(at: Millis): Timestamp;
export function timestampOf(at: Millis | null): Timestamp | undefined;
export function timestampOf(at: Millis | null): Timestamp | undefined {
  return at === null ? undefined : timestampFromMs(at);
}
