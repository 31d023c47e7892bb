import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineStatus_Phase as Phase } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Run, StepStatus } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { StepStatus_State as State } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind } from '../../wire/gen/baremetal/v1/waiting_pb.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import type { Tone } from '../theme/theme.ts';
import { printable } from './printable.ts';
import { formatPercent, fractionOf, progressBar } from './progress.ts';
import type { Segment } from './segment.ts';
import { formatAge, formatCountdown, millis } from './time.ts';
import { machinePhaseWord, shortRunId, withShortRunIds } from './words.ts';

/** What a row of the machine table says, a piece a column. */
export interface MachineCells {
  readonly machine: Segment;
  readonly phase: Segment;
  readonly doing: Segment;
  readonly rack: Segment;
  readonly cluster: Segment;
  readonly age: Segment;
  readonly note: Segment;
}

/** What a row depends on beside its machine. */
export interface RowContext {
  /** The run that is under way on the machine, else its newest known one. */
  readonly run: Run | undefined;
  readonly glyphs: Glyphs;
  /** ms since 1970. */
  readonly now: number;
  /** Counts the pictures of the spinner. */
  readonly frame: number;
  /** Whether DOING has room for its bar. */
  readonly bar: boolean;
}

/** The cells of the bar in DOING. */
const BAR = 8;

/** What a machine's row says. */
export function machineCells(machine: Machine, context: RowContext): MachineCells {
  const { spec, status } = machine;
  const since = millis(status?.phaseSince);
  return {
    machine: { text: machine.machineId },
    phase: { text: machinePhaseWord(status?.phase ?? Phase.PHASE_UNSPECIFIED), tone: phaseTone(machine) },
    doing: doing(machine, context),
    rack: { text: printable(spec?.rack ?? ''), tone: 'muted' },
    cluster: { text: printable(spec?.targetCluster?.clusterId ?? ''), tone: 'muted' },
    age: { text: since === undefined ? '' : formatAge(context.now - since), tone: 'muted' },
    note: note(machine, context),
  };
}

/** The tone of a machine's phase; the word says the same. */
export function phaseTone({ status }: Machine): Tone {
  switch (status?.phase) {
    case Phase.IN_SERVICE:
      return 'ok';
    case Phase.PROVISIONING:
      return 'busy';
    case Phase.READY:
      return 'accent';
    case Phase.MAINTENANCE:
      return 'warn';
    case Phase.RMA:
      return 'error';
    case Phase.RETIRED:
      return 'muted';
    default:
      return 'text';
  }
}

/** The step that a run is at, and its place, from 1; undefined before the first. */
function currentStep(run: Run): { readonly step: StepStatus; readonly place: number } | undefined {
  const at = run.steps.findIndex(({ name }) => name === run.currentStep);
  const step = run.steps[at];
  return step === undefined ? undefined : { step, place: at + 1 };
}

/** The picture of the spinner. */
export function spinner(glyphs: Glyphs, frame: number): string {
  return glyphs.spinner[frame % glyphs.spinner.length] ?? '';
}

function doing({ status }: Machine, { run, glyphs, now, frame, bar }: RowContext): Segment {
  const activeRunId = status?.activeRunId ?? '';
  if (activeRunId === '') return { text: glyphs.nothing, tone: 'muted' };
  if (run === undefined) return { text: `run ${shortRunId(activeRunId)}`, tone: 'busy' };
  const current = currentStep(run);
  const where = current === undefined ? '' : `${current.step.name} ${current.place}/${run.steps.length}`;
  const wait = standstill(run);
  if (wait !== undefined)
    return { text: `${glyphs.retrying} ${wait}${where === '' ? '' : `  ${where}`}`, tone: 'warn' };
  if (current === undefined) return { text: `${spinner(glyphs, frame)} waiting to begin`, tone: 'busy' };
  const { step } = current;
  const retryAt = millis(step.nextRetryAt);
  if (retryAt !== undefined) {
    return {
      text: `${glyphs.retrying} ${where}  ${bar ? 'retry ' : ''}in ${formatCountdown(retryAt - now)}`,
      tone: 'warn',
    };
  }
  const fraction = step.state === State.RUNNING ? fractionOf(step.progress) : undefined;
  const far = fraction === undefined ? '' : `  ${bar ? progressBar(fraction, BAR) : ''}${formatPercent(fraction)}`;
  return { text: `${spinner(glyphs, frame)} ${where}${far}`, tone: 'busy' };
}

/** Why nobody works on a run, where that is not for its own sake; undefined: it goes on. */
export function standstill({ waitingFor }: Run): string | undefined {
  switch (waitingFor?.kind) {
    case WaitingFor_Kind.RECOVERY:
      return 'recovering';
    case WaitingFor_Kind.APPROVAL:
      return 'approve?';
    case WaitingFor_Kind.SLOT:
      return waitingFor.queuePosition > 0 ? `queued, number ${waitingFor.queuePosition}` : 'queued';
    default:
      return undefined;
  }
}

function note({ status }: Machine, { run, glyphs }: RowContext): Segment {
  const stopping = status?.stoppingRunId ?? '';
  if (stopping !== '') {
    return { text: `${glyphs.attention} held by run ${shortRunId(stopping)}`, tone: 'warn' };
  }
  const condition = status?.conditions.find(({ type, status: set }) => type === 'NeedsIntervention' && set);
  if (condition !== undefined) {
    // Which step it was counts more than which plan, and who it was more than which run: there is room for one of them.
    const told = withShortRunIds(printable(condition.message))
      .replace(/^plan\/\S+ failed in (\S+): /, '$1 failed: ')
      .replace(/^run \S+ canceled by /, 'canceled by ');
    return { text: `${glyphs.attention} ${told}`, tone: 'warn' };
  }
  const rma = status?.conditions.find(({ type, status: set }) => type === 'RMA' && set);
  if (rma !== undefined) return { text: printable(rma.message), tone: 'muted' };
  const attempt = run === undefined ? undefined : currentStep(run)?.step;
  if (attempt !== undefined && attempt.retryCount > 0 && attempt.state === State.RUNNING) {
    return { text: `attempt ${attempt.retryCount + 1} of ${attempt.maxAttempts}`, tone: 'warn' };
  }
  return { text: '' };
}
