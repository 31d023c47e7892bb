import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { type Run, StepStatus_State as StepState, type StepStatus } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { counted } from '../count.ts';
import type { Failure } from '../director/state.ts';
import type { Condition, MachineCondition, PastCondition, RunCondition, RunPhaseName } from '../script/script.ts';
import { RUN_PHASES } from '../script/script.ts';
import { runTypeOf } from './run-type.ts';
import type { RoomView } from './view.ts';
import { conditionOf, hasEnded, phaseOf, runPhaseOf, shortId } from './view.ts';

/** Whether something is so, is still awaited (and what for), or can no longer come. */
export type Verdict =
  | { readonly kind: 'met' }
  | { readonly kind: 'awaited'; readonly awaiting: string }
  | { readonly kind: 'never'; readonly failure: Failure };

/** What conditions are looked at in. */
export interface Scene {
  readonly view: RoomView;
  readonly machineOf: (role: string) => string;
  /** The runs that the answers to the walk's commands named. */
  readonly runs: ReadonlyMap<string, string>;
  /** The runs that were started together, last. */
  readonly many: readonly string[];
  /** The plans of the last answer, without `plan/`. */
  readonly plans: readonly string[];
  /** What the server keeps its state in; empty: it was not asked. */
  readonly store: string;
  /** The view's epoch when the command was carried out. */
  readonly epoch: number;
}

const MET: Verdict = { kind: 'met' };

/** The verdict on all of them: the first that can no longer come, else the first that is awaited. */
export function verdictOn(conditions: readonly Condition[], scene: Scene): Verdict {
  const verdicts = conditions.map((condition) => judge(condition, scene));
  return verdicts.find(({ kind }) => kind === 'never') ?? verdicts.find(({ kind }) => kind === 'awaited') ?? MET;
}

/** The verdict on one condition. */
export function judge(condition: Condition, scene: Scene): Verdict {
  const { view } = scene;
  switch (condition.kind) {
    case 'server':
      return onServer(condition.is, view);
    case 'machines':
      return view.machines.size >= condition.count
        ? MET
        : awaited(`${counted(condition.count, 'machine')} (${view.machines.size} now)`, view);
    case 'machine':
      return onMachine(condition, scene);
    case 'run':
      return onRun(condition, scene);
    case 'same':
      return onSame(condition.first, condition.second, scene);
    case 'plans': {
      const missing = condition.ids.filter((id) => !scene.plans.includes(id));
      return missing.length === 0 ? MET : never(`the server has no plan ${missing.join(', ')}`);
    }
    case 'past': {
      const found = [...view.runs.values()].some((run) => isPast(run, condition, scene));
      return found
        ? MET
        : awaited(`a ${condition.run} of ${scene.machineOf(condition.role)} that is ${condition.phase}`, view);
    }
    case 'many':
      return onMany(scene);
    case 'idle': {
      const busy = [...view.machines.values()].filter(isBusy);
      return busy.length === 0 ? MET : awaited(`${counted(busy.length, 'machine')} to come to rest`, view);
    }
    case 'store':
      return scene.store === '' || scene.store === 'memory' ? awaited('a store that outlives the server', view) : MET;
  }
}

/** Whether a run is one of that kind, with who, when and how long. */
function isPast(run: Run, condition: PastCondition, { machineOf }: Pick<Scene, 'machineOf'>): boolean {
  return (
    run.type === runTypeOf(condition.run) &&
    run.machineId === machineOf(condition.role) &&
    runPhaseOf(run) === condition.phase &&
    run.createdAt !== undefined &&
    run.finishedAt !== undefined
  );
}

/** Whether something is under way on a machine, or a call that has not returned holds it. */
export function isBusy({ status }: Machine): boolean {
  return (status?.activeRunId ?? '') !== '' || (status?.stoppingRunId ?? '') !== '';
}

/** Why no run can be started on a machine as it is; empty: one can. */
export function hindrance(machine: Machine): '' | 'busy' | 'RMA' | 'RETIRED' | 'intervention' | 'maintenance' {
  const phase = phaseOf(machine);
  if (isBusy(machine)) return 'busy';
  if (phase === 'RMA' || phase === 'RETIRED') return phase;
  if (conditionOf(machine, 'NeedsIntervention') !== undefined) return 'intervention';
  return conditionOf(machine, 'OperatorMaintenance') === undefined ? '' : 'maintenance';
}

function onServer(is: 'up' | 'stopped', { link, complete }: RoomView): Verdict {
  if (is === 'stopped') return link.kind === 'none' ? MET : { kind: 'awaited', awaiting: 'the server to stop' };
  if (link.kind === 'up' && complete) return MET;
  return { kind: 'awaited', awaiting: 'the server to answer' };
}

function onMachine(condition: MachineCondition, scene: Scene): Verdict {
  const { view, machineOf } = scene;
  const id = machineOf(condition.role);
  const machine = view.machines.get(id);
  if (machine === undefined) {
    return isLost(scene) ? lost(`the server no longer knows ${id}`) : awaited(`${id} to be there`, view);
  }
  const phase = phaseOf(machine);
  if (condition.phase !== null && phase !== condition.phase) {
    return awaited(`${id} to be ${condition.phase} (${phase} now)`, view);
  }
  const trail = view.trails.get(id) ?? [];
  if (!isPassed(condition.passed, trail)) return awaited(`${id} to pass ${condition.passed.join(', ')}`, view);
  const found = condition.condition === null ? undefined : conditionOf(machine, condition.condition);
  if (condition.condition !== null && (found === undefined || !found.message.includes(condition.saying))) {
    const saying = condition.saying === '' ? '' : `, saying "${condition.saying}"`;
    return awaited(`the condition ${condition.condition} on ${id}${saying}`, view);
  }
  const hindered = condition.free ? hindrance(machine) : '';
  return hindered === '' ? MET : awaited(`${id} to be free (${hindered})`, view);
}

/** Whether the phases come in that order, whatever is between them. */
function isPassed(wanted: readonly string[], trail: readonly string[]): boolean {
  let at = 0;
  for (const phase of trail) if (phase === wanted[at]) at += 1;
  return at === wanted.length;
}

function onRun(condition: RunCondition, scene: Scene): Verdict {
  const runId = scene.runs.get(condition.name);
  if (runId === undefined) return never('the run that is spoken of was not started', 'chapter');
  const run = scene.view.runs.get(runId);
  if (run === undefined) {
    // Its answer has been learned, so it was there.
    return scene.view.complete
      ? lost(`the server no longer knows run ${shortId(runId)}`)
      : awaited(`run ${shortId(runId)}`, scene.view);
  }
  const name = `run ${shortId(runId)} on ${run.machineId}`;
  const step = run.steps.find((one) => one.name === condition.step);
  if (condition.step !== '' && step === undefined) return never(`${name} has no step ${condition.step}`);
  if (hasPhase(run, condition.phase) && hasStep(run, step, condition) && hasRetried(run, condition.retried)) return MET;
  if (hasEnded(run)) return never(endOf(run, name, condition));
  return awaited(awaitedOf(condition, run, name), scene.view);
}

/** A phase is reached also by what comes after it; the last three are only themselves. */
function hasPhase(run: Run, phase: RunPhaseName | null): boolean {
  const is = runPhaseOf(run);
  if (phase === null || is === phase) return true;
  if (phase !== 'PENDING' && phase !== 'RUNNING') return false;
  return RUN_PHASES.indexOf(is) > RUN_PHASES.indexOf(phase) && is !== 'CANCELED';
}

function hasStep(run: Run, step: StepStatus | undefined, { phase, percent }: RunCondition): boolean {
  if (step === undefined) return true;
  // With a bad end, it is the step that the run ended in.
  if (phase === 'FAILED') return step.state === StepState.FAILED;
  if (phase === 'CANCELED') return step.state === StepState.CANCELED;
  if (step.state === StepState.SUCCEEDED) return percent === 0 || phase !== null;
  if (step.state !== StepState.RUNNING || hasEnded(run)) return false;
  const { current = 0, total = 0 } = step.progress ?? {};
  return percent === 0 || (total > 0 && (100 * current) / total >= percent);
}

function hasRetried(run: Run, retried: string): boolean {
  return retried === '' || run.steps.some(({ name, retryCount }) => name === retried && retryCount > 0);
}

function awaitedOf({ phase, step, percent, retried }: RunCondition, run: Run, name: string): string {
  const now = run.currentStep === '' ? runPhaseOf(run) : `${run.currentStep} now`;
  if (retried !== '') return `${name} to try ${retried} again (${now})`;
  if (step !== '') return `${name} to reach ${step}${percent > 0 ? `, ${percent}%` : ''} (${now})`;
  return `${name} to be ${phase ?? 'there'} (${now})`;
}

function endOf(run: Run, name: string, { phase, step, retried }: RunCondition): string {
  const is = runPhaseOf(run);
  if (is === 'FAILED') return `${name} FAILED: ${run.error?.message ?? 'no reason given'}`;
  if (is === 'CANCELED') return `${name} was CANCELED by ${run.canceledBy || 'somebody'}`;
  if (retried !== '') return `${name} SUCCEEDED, and ${retried} was not tried again: nothing went wrong with it`;
  if (step !== '') return `${name} SUCCEEDED before it could be met in ${step}`;
  return `${name} SUCCEEDED, and was to be ${phase ?? 'under way'}`;
}

function onSame(first: string, second: string, { runs, view }: Scene): Verdict {
  const [a, b] = [runs.get(first), runs.get(second)];
  if (a === undefined || b === undefined) return never('the request was not sent twice', 'chapter');
  if (a !== b) return never(`the two answers are two runs: ${shortId(a)} and ${shortId(b)}`, 'chapter');
  const run = view.runs.get(a);
  if (run === undefined) return awaited(`run ${shortId(a)}`, view);
  const twins = [...view.runs.values()].filter(
    ({ machineId, requestId }) => machineId === run.machineId && requestId === run.requestId,
  );
  return twins.length === 1 ? MET : never(`there are ${twins.length} runs of request ${run.requestId}`, 'chapter');
}

function onMany({ many, view }: Scene): Verdict {
  const runs = many.map((runId) => view.runs.get(runId));
  const bad = runs.find((run) => run !== undefined && hasEnded(run) && runPhaseOf(run) !== 'SUCCEEDED');
  if (bad !== undefined) return never(`run ${shortId(bad.runId)} on ${bad.machineId} is ${runPhaseOf(bad)}`);
  const left = runs.filter((run) => run === undefined || !hasEnded(run)).length;
  return left === 0 ? MET : awaited(`${left} of ${many.length} runs to end`, view);
}

/** Whether the server has come back without what it had when the command was carried out. */
function isLost({ view, epoch }: Scene): boolean {
  return view.complete && view.epoch !== epoch;
}

function awaited(what: string, { link }: RoomView): Verdict {
  if (link.kind === 'lost') return { kind: 'awaited', awaiting: `the server to come back: ${link.message}` };
  return { kind: 'awaited', awaiting: what };
}

function never(sentence: string, again: Failure['again'] = 'new-request'): Verdict {
  return { kind: 'never', failure: { sentence, again } };
}

function lost(sentence: string): Verdict {
  return never(`${sentence}: it has come back without its state`, 'chapter');
}
