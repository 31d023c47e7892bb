import type { Action } from '../keys/registry.ts';
import { loggedSteps, withStep } from '../store/log.ts';
import type { LogLook, LogTimes } from '../store/log-window.ts';
import { zoomLog } from '../store/motion.ts';
import { isAtServerLog } from '../store/place.ts';
import { isLogZoomed, shownLog } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { showToast, withUi } from '../store/update.ts';
import type { ConsoleEffects } from './effects.ts';

const inLog = ({ ui }: ConsoleState) => ui.focus === 'log';
const emptyReason = (state: ConsoleState) => (shownLog(state).lines === 0 ? 'this log has no lines so far' : undefined);

/** What comes after what, and what is said of it. */
const TIMES: Readonly<Record<LogTimes, { readonly next: LogTimes; readonly text: string }>> = {
  clock: { next: 'since', text: 'times of day' },
  since: { next: 'off', text: "times since the log's first line" },
  off: { next: 'clock', text: 'no times' },
};

/** How the log is looked at, and keeping it: in the footer before what is done to machines, for who is in the log is about it. */
export const logActions: readonly Action<ConsoleEffects>[] = [
  {
    id: 'log.wrap',
    keys: ['W'],
    label: 'wrap',
    help: 'long lines go on below, or are cut',
    group: 'Log',
    scopes: ['main'],
    footer: 2,
    when: inLog,
    run: ({ store }) =>
      store.setState((state) => {
        const wrap = !state.ui.logLook.wrap;
        return showToast(withLook(state, { wrap }), 'info', wrap ? 'long lines go on below' : 'long lines are cut');
      }),
  },
  {
    id: 'log.times',
    keys: ['T'],
    label: 'times',
    help: 'times of day, since the first line, or none',
    group: 'Log',
    scopes: ['main'],
    footer: 2,
    when: inLog,
    run: ({ store }) =>
      store.setState((state) => {
        const times = TIMES[state.ui.logLook.times].next;
        return showToast(withLook(state, { times }), 'info', TIMES[times].text);
      }),
  },
  {
    id: 'log.step',
    keys: ['S'],
    label: 'step',
    help: 'one step alone: each in turn, then all again',
    group: 'Log',
    scopes: ['main'],
    footer: 2,
    // The server's own log has no steps.
    when: ({ ui }) => ui.focus === 'log' && !isAtServerLog(ui),
    disabledReason: emptyReason,
    run: ({ store }) => store.setState(nextStep),
  },
  {
    id: 'log.zoom',
    keys: ['z'],
    label: 'full screen',
    help: 'the whole screen; once more, or Esc: back',
    group: 'Log',
    scopes: ['main'],
    footer: 2,
    when: inLog,
    run: ({ store }) => store.setState((state) => zoomLog(state, !state.ui.logLook.zoomed)),
  },
  {
    id: 'log.unzoom',
    keys: ['esc'],
    label: 'back',
    help: 'from the whole screen back to its pane',
    group: 'Log',
    scopes: ['main'],
    footer: 2,
    when: ({ ui }) => isLogZoomed(ui),
    run: ({ store }) => store.setState((state) => zoomLog(state, false)),
  },
  {
    id: 'log.save',
    keys: ['o'],
    label: 'save',
    help: 'write the lines that are shown to a file',
    group: 'Log',
    scopes: ['main'],
    footer: 3,
    when: inLog,
    disabledReason: emptyReason,
    run: ({ effects }) => effects.saveLog(),
  },
];

function withLook(state: ConsoleState, look: Partial<LogLook>): ConsoleState {
  return withUi(state, { logLook: { ...state.ui.logLook, ...look } });
}

/** The log of the next step that has lines; of all steps behind the last. */
function nextStep(state: ConsoleState): ConsoleState {
  const steps = loggedSteps(state.log);
  const step = steps[steps.indexOf(state.log.step) + 1] ?? '';
  const text = step === '' ? 'the lines of all steps' : `the lines of ${step} alone`;
  return showToast({ ...state, log: withStep(state.log, step) }, 'info', text);
}
