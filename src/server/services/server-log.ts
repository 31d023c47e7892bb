import type { MessageShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { timestampOf } from '../../wire/convert/time.ts';
import type { WatchServerLogRequest } from '../../wire/gen/baremetal/v1/server_service_pb.ts';
import { LogLevel as Level, WatchServerLogResponseSchema } from '../../wire/gen/baremetal/v1/server_service_pb.ts';
import type { LogLevel, LogRing, ServerLogLine } from '../log-ring.ts';
import { LOG_LEVELS } from '../log-ring.ts';
import { badFields } from './answers.ts';

type LogMessage = MessageShape<typeof WatchServerLogResponseSchema>;

const LEVELS: Readonly<Record<LogLevel, Level>> = {
  trace: Level.TRACE,
  debug: Level.DEBUG,
  info: Level.INFO,
  warn: Level.WARN,
  error: Level.ERROR,
  fatal: Level.FATAL,
};

/**
 * The last lines of the server's log that matter enough, then those to come. A reader that is slow finds lines gone, and
 * is told how many.
 *
 * @throws RpcError INVALID_ARGUMENT for a negative tail or a level that there is none of
 */
export async function* watchServerLog(
  ring: LogRing,
  { minLevel, tail, noFollow }: WatchServerLogRequest,
  signal: AbortSignal,
): AsyncGenerator<LogMessage> {
  if (tail < 0) throw badFields([{ field: 'tail', description: 'must not be negative' }]);
  const least = minLevel === Level.UNSPECIFIED ? 'info' : LOG_LEVELS.find((level) => LEVELS[level] === minLevel);
  if (least === undefined) throw badFields([{ field: 'min_level', description: `there is no level ${minLevel}` }]);
  const passes = (line: ServerLogLine) => LOG_LEVELS.indexOf(line.level) >= LOG_LEVELS.indexOf(least);
  let place = ring.placeOfLast(tail, passes);
  let dropped = 0;
  while (!signal.aborted) {
    const read = ring.read(place, LINES_AT_ONCE);
    place = read.next;
    dropped += read.dropped;
    for (const line of read.lines) {
      if (!passes(line)) continue;
      yield message(line, dropped);
      dropped = 0;
    }
    if (place < ring.end) continue;
    if (noFollow) return;
    await ring.wait(place, signal);
  }
}

/** What a reader may hold while its client is slow. */
const LINES_AT_ONCE = 100;

function message({ at, level, component, message: text, fields }: ServerLogLine, dropped: number): LogMessage {
  return create(WatchServerLogResponseSchema, {
    entry: { ts: timestampOf(at), level: LEVELS[level], message: text, component, fields: { ...fields } },
    dropped,
  });
}
