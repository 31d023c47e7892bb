import type { WatchServerLogResponse } from '../../wire/gen/baremetal/v1/server_service_pb.ts';
import { isBad, serverLineText } from '../format/server-line.ts';
import { millis } from '../format/time.ts';
import { count } from '../format/words.ts';
import type { LogRow, LogState } from './log.ts';
import { emptyLog, lineOf } from './log.ts';

/** The server's log before anything is known of it. */
export function emptyServerLog(): LogState {
  return { ...emptyLog(''), open: true };
}

/** The server's log with some more lines; lines that were lost because they came too fast have one that says so. */
export function appendServerLog(state: LogState, messages: readonly WatchServerLogResponse[]): LogState {
  const rows = messages.flatMap(rowsOf);
  if (rows.length === 0) return state;
  for (const row of rows) state.rows.push(row);
  const [first] = rows;
  return {
    ...state,
    version: state.version + 1,
    lines: state.lines + rows.length,
    shown: state.shown + rows.length,
    firstAt: state.firstAt ?? (first?.kind === 'line' ? first.at : undefined),
  };
}

function rowsOf({ entry, dropped }: WatchServerLogResponse): LogRow[] {
  if (entry === undefined) return [];
  const at = millis(entry.ts);
  const line = lineOf('', at, serverLineText(entry), isBad(entry));
  const lost = `${count(dropped, 'line')} left out: they came faster than they could be sent`;
  return dropped === 0 ? [line] : [lineOf('', at, lost, true), line];
}
