import { grpcurlCommand } from '../../client/grpcurl.ts';
import { logText } from '../format/log-lines.ts';
import { count, shortRunId } from '../format/words.ts';
import { shownRows } from './log.ts';
import { targets } from './marking.ts';
import { selectedMachine, shownRun } from './select.ts';
import type { ConsoleState } from './state.ts';
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
      const run = shownRun(state);
      return run === undefined ? undefined : { what: `the id of run ${shortRunId(run.runId)}`, text: run.runId };
    }
    case 'log': {
      const text = logText(state.log, state.ui.logLook);
      const lines = shownRows(state.log).filter(({ kind }) => kind === 'line').length;
      return lines === 0 ? undefined : { what: count(lines, 'log line'), text };
    }
  }
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
