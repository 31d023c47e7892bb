import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { Millis } from '../../core/domain/time.ts';
import { instantOf } from '../../wire/convert/time.ts';
import { badField } from './answers.ts';

/**
 * The time in a field of a request; null where it is absent.
 *
 * @throws RpcError INVALID_ARGUMENT for what is no time
 */
export function readTime(field: string, sent: Timestamp | undefined, round: 'down' | 'up'): Millis | null {
  if (sent === undefined) return null;
  const at = instantOf(sent, round);
  if (at === null) throw badField(field, 'is no time: seconds from the year 1 to 9999, nanos from 0 to 999,999,999');
  return at;
}
