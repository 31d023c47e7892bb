import { failureMessage } from '../backend.ts';
import { logRecord } from '../format/log-lines.ts';
import { count, shortRunId } from '../format/words.ts';
import { shownRun } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { writeNewFile } from '../terminal/private-file.ts';
import type { Notice } from './clipboard.ts';

/**
 * Writes the lines that the log shows to a file of their own, and says where it is.
 *
 * @param now ms since 1970, for its name
 */
export async function saveLog(state: ConsoleState, directory: string, now: number): Promise<Notice> {
  const { log } = state;
  const machine = (shownRun(state)?.machineId ?? '').replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, 64);
  const time = new Date(now).toISOString().replaceAll(/[:.]/g, '-');
  const { text, lines } = logRecord(log);
  try {
    const path = await writeNewFile(directory, `log-${machine}-${shortRunId(log.runId)}-${time}.txt`, text);
    const of = log.step === '' ? '' : ` of ${log.step}`;
    if (lines >= log.shown) return { tone: 'ok', text: `${count(lines, 'line')}${of} saved in ${path}` };
    const all = `bmdemo logs ${log.runId} gives all ${log.lines.toLocaleString('en-US')}`;
    return { tone: 'warn', text: `the last ${count(lines, 'line')}${of} saved in ${path}; ${all}` };
  } catch (error) {
    return { tone: 'error', text: `The log was not saved: ${failureMessage(error)}` };
  }
}
