import { failureMessage } from '../backend.ts';
import { logRecord } from '../format/log-lines.ts';
import { count, shortRunId } from '../format/words.ts';
import { isAtServerLog } from '../store/place.ts';
import { shownLog, shownRun } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { writeNewFile } from '../terminal/private-file.ts';
import type { Notice } from './clipboard.ts';

/**
 * Writes the lines that the log shows to a file of their own, and says where it is.
 *
 * @param now ms since 1970, for its name
 */
export async function saveLog(state: ConsoleState, directory: string, now: number): Promise<Notice> {
  const log = shownLog(state);
  const machine = (shownRun(state)?.machineId ?? '').replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, 64);
  const time = new Date(now).toISOString().replaceAll(/[:.]/g, '-');
  const { text, lines } = logRecord(log);
  try {
    const name = isAtServerLog(state.ui) ? 'server-log' : `log-${machine}-${shortRunId(log.runId)}`;
    const path = await writeNewFile(directory, `${name}-${time}.txt`, text);
    const of = log.step === '' ? '' : ` of ${log.step}`;
    // What of the server's log came before it was looked at is not here either way.
    if (lines >= log.shown || isAtServerLog(state.ui))
      return { tone: 'ok', text: `${count(lines, 'line')}${of} saved in ${path}` };
    const all = `bmdemo logs ${log.runId} gives all ${log.lines.toLocaleString('en-US')}`;
    return { tone: 'warn', text: `the last ${count(lines, 'line')}${of} saved in ${path}; ${all}` };
  } catch (error) {
    return { tone: 'error', text: `The log was not saved: ${failureMessage(error)}` };
  }
}
