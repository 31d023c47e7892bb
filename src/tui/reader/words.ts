import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { machineCells } from '../format/machine-row.ts';
import { printable } from '../format/printable.ts';
import type { Line } from '../format/segment.ts';
import { lineText } from '../format/segment.ts';
import type { TimelineContext } from '../format/timeline.ts';
import { stepLines, summaryLines } from '../format/timeline.ts';
import { planName, shortRunId } from '../format/words.ts';
import type { LogRow } from '../store/log.ts';
import { runOf, serverNow } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import { asciiGlyphs } from '../theme/glyphs.ts';

/** Signs as words: what is only seen is not there for who listens. */
export const spokenGlyphs: Glyphs = {
  ...asciiGlyphs,
  done: 'done:',
  failed: 'failed:',
  canceled: 'canceled:',
  skipped: 'not run:',
  waiting: 'to do:',
  retrying: 'waits for its next attempt:',
  spinner: ['running:'],
  attention: 'attention:',
  nothing: 'idle',
};

/** Wider than any sentence: nothing is cut for who listens. */
const WIDTH = 1_000;

/** A text as it is spoken: signs between words are pauses or words. */
export function spoken(text: string): string {
  return printable(text)
    .replaceAll(/\s+·\s+/g, ', ')
    .replaceAll('→', 'to')
    .replaceAll('…', '...')
    .replaceAll('▲', 'attention:')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** A line of a pane as it is spoken. */
export function spokenLine(line: Line): string {
  return spoken(
    // A bar stands beside its number.
    lineText(line).replaceAll(/ [#.]{4,} /g, ' '),
  );
}

/** A machine of the table: which, where in it, and how it is. */
export function machineSentence(state: ConsoleState, machine: Machine): string {
  const { view, marks, runs, clock } = state;
  const { machineId } = machine;
  const run = runOf(runs, machine);
  const context = { run, glyphs: spokenGlyphs, now: serverNow(state), frame: clock.frame, bar: false };
  const { phase, doing, rack, cluster, note } = machineCells(machine, context);
  const place = `${view.ids.indexOf(machineId) + 1} of ${view.ids.length}`;
  return [
    machineId,
    place,
    phase.text,
    ...(marks.ids.has(machineId) ? ['marked'] : []),
    doing.text,
    ...(rack.text === '' ? [] : [`rack ${rack.text}`]),
    ...(cluster.text === '' ? [] : [`cluster ${cluster.text}`]),
    note.text,
  ]
    .map(spoken)
    .filter((part) => part !== '')
    .join(', ');
}

/** A run by name: `run 7f3a91kq, repave-join on machine-1`. */
export function runName({ runId, planId, machineId }: Run): string {
  return `run ${shortRunId(runId)}, ${planName(planId)} on ${machineId}`;
}

/** The steps of a run, in their order: what each does or has become. */
export function stepSentences(run: Run, state: ConsoleState): readonly string[] {
  return stepLines(run, timeline(state)).map(spokenLine);
}

/** What is to be said of a run as a whole. */
export function summarySentences(run: Run, state: ConsoleState): readonly string[] {
  return summaryLines(run, timeline(state)).map(spokenLine);
}

function timeline(state: ConsoleState): TimelineContext {
  return { width: WIDTH, glyphs: spokenGlyphs, now: serverNow(state), frame: 0 };
}

/** A row of a log. */
export function logSentence(row: LogRow): string {
  if (row.kind === 'step') return spoken(`step ${row.step}, attempt ${row.attempt}`);
  return `${row.isError ? 'error output: ' : ''}${row.text}`;
}
