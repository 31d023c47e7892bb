import { grpcurlCommand } from '../../client/grpcurl.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { logText } from '../format/log-lines.ts';
import { lineText } from '../format/segment.ts';
import { count, shortRunId } from '../format/words.ts';
import { unicodeGlyphs } from '../theme/glyphs.ts';
import { selectedRow } from './list.ts';
import { shownRows } from './log.ts';
import { targets } from './marking.ts';
import { listShown } from './place.ts';
import { selectedMachine, shownLog, shownRun } from './select.ts';
import type { ConsoleState } from './state.ts';
import { textBelow } from './text-below.ts';
import type { WireState } from './wire.ts';
import { chosenCall } from './wire.ts';

/** A text that is copied, and what it is, in words. */
export interface Copied {
  readonly what: string;
  readonly text: string;
}

/** What is copied from where the focus is; undefined: there is nothing. */
export function copiedOf(state: ConsoleState): Copied | undefined {
  if (state.wire.open) return commandOf(state.wire);
  switch (state.ui.focus) {
    case 'machines':
      return idsOf(targets(state).map(({ machineId }) => machineId));
    case 'machine':
      return idsOf([selectedMachine(state)?.machineId ?? ''].filter((id) => id !== ''));
    case 'run': {
      return runIdOf(shownRun(state));
    }
    case 'log': {
      const log = shownLog(state);
      const text = logText(log, state.ui.logLook);
      const lines = shownRows(log).filter(({ kind }) => kind === 'line').length;
      return lines === 0 ? undefined : { what: count(lines, 'log line'), text };
    }
    case 'list':
      return rowOf(state);
    case 'text':
      return textOf(state);
  }
}

/** What tells the row under the cursor from all others; of an event, which has no name, all that is said of it. */
function rowOf(state: ConsoleState): Copied | undefined {
  const key = listShown(state.ui);
  switch (key) {
    case 'runs':
    case 'machineRuns':
      return runIdOf(selectedRow(state.lists[key]));
    case 'plans':
      return idsOf([selectedRow(state.lists.plans)?.planId ?? ''].filter((id) => id !== ''));
    case 'events':
      return textOf(state);
    case undefined:
      return undefined;
  }
}

function textOf(state: ConsoleState): Copied | undefined {
  const lines = textBelow(state, unicodeGlyphs);
  if (lines.length === 0) return undefined;
  const text = lines.map((line) => `${lineText(line).trimEnd()}\n`).join('');
  return { what: listShown(state.ui) === 'plans' ? 'the plan' : 'the event', text };
}

function runIdOf(run: Run | undefined): Copied | undefined {
  return run === undefined ? undefined : { what: `the id of run ${shortRunId(run.runId)}`, text: run.runId };
}

function commandOf(wire: WireState): Copied | undefined {
  const call = chosenCall(wire);
  if (call === undefined || wire.target === undefined) return undefined;
  return { what: 'the grpcurl command', text: grpcurlCommand(call, wire.target) };
}

function idsOf(ids: readonly string[]): Copied | undefined {
  if (ids.length === 0) return undefined;
  return { what: ids.length === 1 ? (ids[0] ?? '') : count(ids.length, 'machine id'), text: ids.join('\n') };
}
