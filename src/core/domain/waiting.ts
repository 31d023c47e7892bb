import type { QueuePlace } from './admission.ts';
import type { Condition } from './condition.ts';
import { findCondition } from './condition.ts';
import type { Machine } from './machine.ts';
import type { Run, StepStatus } from './run.ts';
import { isTerminal, nextStep } from './run.ts';
import type { Millis } from './time.ts';

/** What has to happen before anything moves. */
export type WaitingKind =
  | 'provider'
  | 'back-off'
  | 'slot'
  | 'stopping'
  | 'intervention'
  | 'recovery'
  | 'approval'
  | 'replacement';

/** What a run or a machine waits for: the answer to "why does nothing move?". */
export interface WaitingFor {
  readonly kind: WaitingKind;
  /** Goes on from "waits for": a call, a place, a person. */
  readonly detail: string;
  /** Null where it is not known. */
  readonly since: Millis | null;
  /** When it is over at the latest; null: when something else happens. */
  readonly until: Millis | null;
  readonly runId: string;
  /** Empty where no step is concerned. */
  readonly step: string;
  /** The attempt under way or to come, from 1; 0 where no step is concerned. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** What is full, for a slot: `server`, `rack=r1` …; else empty. */
  readonly scope: string;
  /** From 1, for a slot; 0 where it is not known or not queued. */
  readonly queuePosition: number;
}

/** A run, and what its store knows of it beside its state. */
export interface RunSituation {
  readonly run: Run;
  /** Whether a living server has claimed it; null where that is not known, and then it is taken to be so. */
  readonly owned: boolean | null;
  /** The places that it queues for; null where it queues for none, or that is not known. */
  readonly queue: readonly QueuePlace[] | null;
}

/** True where a place is all that can keep the run back, if no server has it: the queue is worth asking. */
export function mayQueue(run: Run, now: Millis): boolean {
  if (run.phase === 'PENDING') return true;
  const step = nextStep(run);
  if (run.phase !== 'RUNNING' || step === undefined || step.heldSince !== null || step.intent !== null) return false;
  return step.nextRetryAt === null ? step.state === 'WAITING' && step.approval !== null : step.nextRetryAt <= now;
}

/** What a run waits for at this moment, read off its state; null where it waits for nothing. */
export function runWaitsFor({ run, owned, queue }: RunSituation, now: Millis): WaitingFor | null {
  if (isTerminal(run.phase)) return run.stopping ? lastCall(run) : null;
  const step = nextStep(run);
  if (step !== undefined && step.heldSince !== null) return approval(run, step, step.heldSince);
  if (step !== undefined && step.nextRetryAt !== null && step.nextRetryAt > now) {
    return backOff(run, step, step.nextRetryAt);
  }
  if (owned === false) return mayQueue(run, now) ? slot(run, queue) : recovery(run, step);
  return step !== undefined && step.intent !== null ? call(run, step) : null;
}

/**
 * What keeps a machine from moving on at this moment; null where nothing does.
 *
 * @param situation the machine's active run or else the one still stopping, null where it has neither
 */
export function machineWaitsFor(machine: Machine, situation: RunSituation | null, now: Millis): WaitingFor | null {
  if (situation !== null) {
    const waiting = runWaitsFor(situation, now);
    if (waiting !== null || machine.activeRunId !== null) return waiting;
  }
  switch (machine.phase) {
    case 'RETIRED':
      return null;
    case 'RMA':
      return person('replacement', 'its hardware to be replaced', findCondition(machine.conditions, 'RMA'));
    case 'FACTORY_READY':
    case 'READY':
    case 'PROVISIONING':
    case 'IN_SERVICE':
    case 'MAINTENANCE':
      return person('intervention', 'somebody to look', findCondition(machine.conditions, 'NeedsIntervention'));
  }
}

function waiting(kind: WaitingKind, detail: string, since: Millis | null): WaitingFor {
  return {
    kind,
    detail,
    since,
    until: null,
    runId: '',
    step: '',
    attempt: 0,
    maxAttempts: 0,
    scope: '',
    queuePosition: 0,
  };
}

function inStep(run: Run, step: StepStatus | undefined, attempt: number) {
  return { runId: run.id, step: step?.name ?? '', attempt, maxAttempts: step?.maxAttempts ?? 0 };
}

function lastCall(run: Run): WaitingFor {
  const step = run.steps[run.currentStep];
  const detail = `the last call of run ${run.id} to return${step === undefined ? '' : `, in ${step.name}`}`;
  return { ...waiting('stopping', detail, run.finishedAt), ...inStep(run, step, step?.attempt ?? 0) };
}

function call(run: Run, step: StepStatus): WaitingFor {
  const which = `attempt ${step.attempt} of ${step.maxAttempts}`;
  const detail = step.intent?.probe
    ? `the hardware to tell what became of ${step.name}, ${which}`
    : `the provider to finish ${step.name}, ${which}`;
  const until = step.intent?.deadline ?? null;
  return { ...waiting('provider', detail, step.changedAt), ...inStep(run, step, step.attempt), until };
}

function backOff(run: Run, step: StepStatus, until: Millis): WaitingFor {
  const next = step.attempt + 1;
  const detail = `attempt ${next} of ${step.maxAttempts} of ${step.name}, because ${step.message}`;
  return { ...waiting('back-off', detail, step.changedAt), ...inStep(run, step, next), until };
}

function approval(run: Run, step: StepStatus, since: Millis): WaitingFor {
  return {
    ...waiting('approval', `somebody to approve ${step.name}: ${step.message}`, since),
    ...inStep(run, step, 1),
  };
}

/** Where several scopes are full it waits for all of them; the first by name stands for them where there is room for one. */
function slot(run: Run, queue: readonly QueuePlace[] | null): WaitingFor {
  const places = queue ?? [{ scope: 'server', position: 0 }];
  const detail = places.map((place) => placeText(place, place === places[0])).join(', and ');
  const step = nextStep(run);
  const since = step?.nextRetryAt ?? step?.approval?.at ?? run.createdAt;
  const { scope = 'server', position = 0 } = places[0] ?? {};
  return { ...waiting('slot', detail, since), runId: run.id, scope, queuePosition: position };
}

function placeText({ scope, position }: QueuePlace, first: boolean): string {
  const place = scope === 'server' ? 'a server with room for it' : `${first ? 'a place ' : ''}in ${scope}`;
  return position > 1 ? `${place}, ${position - 1} before it` : place;
}

/** Since when is known only where the run came to rest in good order: nobody writes down when a server is lost in mid-call. */
function recovery(run: Run, step: StepStatus | undefined): WaitingFor {
  const detail = `a server to take run ${run.id} up again${step === undefined ? '' : `, at ${step.name}`}`;
  const since = step?.intent != null ? null : lastChange(run);
  return { ...waiting('recovery', detail, since), ...inStep(run, step, step === undefined ? 0 : attemptToCome(step)) };
}

/** The attempt that is made when a server goes on with the step; one that was cut off keeps its number. */
function attemptToCome({ attempt }: StepStatus): number {
  return Math.max(1, attempt);
}

function lastChange({ startedAt, steps }: Run): Millis | null {
  return steps.reduce(
    (last, { changedAt }) => (changedAt !== null && changedAt > (last ?? 0) ? changedAt : last),
    startedAt,
  );
}

/** Somebody has to do something, as a condition says; null where it is not true. */
function person(kind: WaitingKind, what: string, condition: Condition | undefined): WaitingFor | null {
  if (condition?.status !== true) return null;
  return waiting(kind, `${what}: ${condition.message}`, condition.lastTransitionAt);
}
