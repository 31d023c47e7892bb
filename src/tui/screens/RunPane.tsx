import { Box } from 'ink';
import type { Line } from '../format/segment.ts';
import { sameLine, sameLines } from '../format/segment.ts';
import type { TimelineContext } from '../format/timeline.ts';
import { stepLines, summaryLines } from '../format/timeline.ts';
import { planName, shortRunId } from '../format/words.ts';
import type { Size } from '../store/layout.ts';
import { stepUnderCursor } from '../store/motion.ts';
import { isAtMachines } from '../store/place.ts';
import { selectedMachine, serverNow, shownRun } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { noMachineReason, subject } from '../store/subject.ts';
import { themeOfState, useConsole, useTheme } from '../widgets/context.tsx';
import { Lines, LineView } from '../widgets/LineView.tsx';
import { PANEL_SIDES, Panel } from '../widgets/Panel.tsx';

/** What is drawn of a run. */
interface RunView {
  readonly steps: readonly Line[];
  /** The first row that is shown: more steps than rows scroll with the cursor. */
  readonly top: number;
  /** The row of the cursor; -1: none is shown. */
  readonly cursor: number;
  readonly summary: readonly Line[];
}

const NO_RUN: RunView = { steps: [], top: 0, cursor: -1, summary: [] };

/** The run of the selected machine: its steps, and what it waits for or why it failed. */
export function RunPane({ size }: { readonly size: Size }) {
  const theme = useTheme();
  const width = size.columns - PANEL_SIDES;
  const height = size.rows - 2;
  const focused = useConsole(({ ui }) => ui.focus === 'run');
  const title = useConsole(runTitle, sameLine);
  const view = useConsole((state) => runView(state, width, height), sameView);
  const at = focused ? view.cursor - view.top : view.steps.length;
  const [above, cursor, below] = [view.steps.slice(0, at), view.steps[at], view.steps.slice(at + 1)];
  return (
    <Panel width={size.columns} height={size.rows} title={title} focused={focused}>
      <Lines lines={above} width={width} />
      {cursor === undefined ? undefined : <LineView line={cursor} width={width} style={theme.selected} />}
      <Lines lines={below} width={width} />
      <Box flexDirection="column" paddingTop={view.steps.length > 0 && view.summary.length > 0 ? 1 : 0}>
        <Lines lines={view.summary} width={width} />
      </Box>
    </Panel>
  );
}

function runTitle(state: ConsoleState): Line {
  const run = shownRun(state);
  if (run === undefined) return [{ text: 'Run', tone: 'strong' }];
  const by = run.initiatedBy === '' ? '' : ` · by ${run.initiatedBy}`;
  return [
    { text: `Run ${shortRunId(run.runId)}`, tone: 'strong' },
    { text: ` · ${planName(run.planId)} · ${run.machineId}${by}`, tone: 'muted' },
  ];
}

function runView(state: ConsoleState, width: number, height: number): RunView {
  const run = shownRun(state);
  if (run === undefined) return { ...NO_RUN, summary: [[{ text: nothingYet(state), tone: 'muted' }]] };
  const context: TimelineContext = {
    width,
    glyphs: themeOfState(state).glyphs,
    now: serverNow(state),
    frame: state.clock.frame,
  };
  const steps = stepLines(run, context);
  const cursor = run.steps.findIndex(({ name }) => name === stepUnderCursor(run, state.ui.step));
  const room = Math.max(1, height - steps.length - 1);
  // The last line says how it stands: reasons give way before it does.
  const summary = summaryLines(run, context);
  const shown = summary.length <= room ? summary : [...summary.slice(0, room - 1), ...summary.slice(-1)];
  const stepRows = height - shown.length - 1;
  const top = Math.max(0, Math.min(cursor - stepRows + 1, steps.length - stepRows));
  return { steps: steps.slice(top, top + stepRows), top, cursor, summary: shown };
}

function nothingYet(state: ConsoleState): string {
  const { runId = '', machineId = '' } = subject(state) ?? {};
  const { asked } = state.runs;
  if (runId !== '' && asked?.runId === runId) return asked.problem;
  if (runId !== '') return `Asking the server for run ${shortRunId(runId)} …`;
  if (machineId === '' && !isAtMachines(state.ui)) return 'no run is selected';
  const machine = selectedMachine(state);
  if (machine === undefined) return noMachineReason(state);
  return state.runs.without === machine.machineId
    ? `${machine.machineId} has had no run so far`
    : `no run of ${machine.machineId} is known yet`;
}

function sameView(a: RunView, b: RunView): boolean {
  return a.top === b.top && a.cursor === b.cursor && sameLines(a.steps, b.steps) && sameLines(a.summary, b.summary);
}
