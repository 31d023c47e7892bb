import { logText } from '../format/log-lines.ts';
import { count, shortRunId } from '../format/words.ts';
import { targets } from './marking.ts';
import { selectedMachine, shownRun } from './select.ts';
import type { ConsoleState } from './state.ts';

/** A text that is copied, and what it is, in words. */
export interface Copied {
  readonly what: string;
  readonly text: string;
}

/** What is copied from where the focus is; undefined: there is nothing. */
export function copiedOf(state: ConsoleState): Copied | undefined {
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
      return text === '' ? undefined : { what: count(text.split('\n').length - 1, 'log line'), text };
    }
  }
}

function idsOf(ids: readonly string[]): Copied | undefined {
  if (ids.length === 0) return undefined;
  return { what: ids.length === 1 ? (ids[0] ?? '') : count(ids.length, 'machine id'), text: ids.join('\n') };
}
