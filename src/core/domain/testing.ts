import type { Aggregate, RequestRecord } from './aggregate.ts';
import { decisionTime, runOf } from './aggregate.ts';
import { apply } from './apply.ts';
import type { Condition, ConditionType } from './condition.ts';
import type { NextAction, Outcome, ProbeOutcome } from './decide/attempt.ts';
import { decideBegin, decideIntent, decideOutcome, nextAction } from './decide/attempt.ts';
import type { Decision } from './decide/decision.ts';
import { decideStartRun, type StartRun } from './decide/start-run.ts';
import type { Machine, MachineSpec } from './machine.ts';
import type { Capability, Plan, Step } from './plan.ts';
import { PLAIN_STEP } from './plan.ts';
import { BUILT_IN_PLANS } from './plans/built-in.ts';
import type { Refusal } from './refusal.ts';
import { DEFAULT_RETRY } from './retry.ts';
import type { Run, StepStatus } from './run.ts';
import type { Millis } from './time.ts';

/** The instant at which tests begin: 2026-01-01T00:00:00Z. */
export const T0: Millis = Date.UTC(2026, 0, 1);

/** Every capability that there is. */
const ALL_CAPABILITIES: ReadonlySet<Capability> = new Set<Capability>([
  'Power',
  'BootDevice',
  'Imaging',
  'RemoteExec',
  'Cluster',
  'Identity',
  'Inventory',
]);

/** A spec such as `import` declares. */
export function aSpec(with_: Partial<MachineSpec> = {}): MachineSpec {
  return {
    provider: 'fake',
    macAddresses: ['02:00:00:00:00:01'],
    serial: 'SN-0001',
    sshEndpoint: '192.0.2.1:22',
    bmcAddress: '198.51.100.1',
    rack: 'r1',
    bmcCredentialsRef: 'env:BMC',
    model: 'M1',
    targetCluster: { clusterId: 'prod-a', kubeconfigSecretRef: 'prod-a-kubeconfig' },
    ...with_,
  };
}

/** A machine that was registered at T0. */
export function aMachine(with_: Partial<Machine> = {}): Machine {
  return {
    id: 'machine-1',
    spec: aSpec(),
    labels: {},
    phase: 'FACTORY_READY',
    conditions: [],
    activeRunId: null,
    stoppingRunId: null,
    lastSeenAt: null,
    createdAt: T0,
    updatedAt: T0,
    phaseSince: T0,
    specRevision: 1,
    revision: 1,
    ...with_,
  };
}

/** Conditions that are true since T0. */
export function conditions(...types: readonly ConditionType[]): readonly Condition[] {
  return types.map((type) => ({
    type,
    status: true,
    reason: 'Test',
    message: `${type} by the test`,
    lastTransitionAt: T0,
  }));
}

/** The types of the conditions that are true, sorted. */
export function trueConditions(machine: Machine): readonly string[] {
  return machine.conditions
    .filter((condition) => condition.status)
    .map((condition) => condition.type)
    .sort();
}

/** What `load` answers for a machine without runs, a second after T0. */
export function anAggregate(machine: Machine | null, with_: Partial<Aggregate> = {}): Aggregate {
  return {
    machineId: machine?.id ?? 'machine-1',
    machine,
    runs: [],
    request: null,
    revision: machine === null ? 0 : 1,
    lastEventAt: T0,
    now: T0 + 1_000,
    ...with_,
  };
}

/** The built-in plan of that name. */
export function builtIn(name: string): Plan {
  const plan = BUILT_IN_PLANS.find((candidate) => candidate.id === `plan/${name}`);
  if (plan === undefined) throw new Error(`no built-in plan ${name}`);
  return plan;
}

/** An own plan with steps like these; each sets a netboot profile, has 60 s and one retry, unless it says otherwise. */
export function aPlanOf(...steps: readonly Partial<Step>[]): Plan {
  const base = { timeoutSeconds: 60, maxRetries: 1, retry: DEFAULT_RETRY, ...PLAIN_STEP };
  return {
    ...builtIn('reboot'),
    id: 'plan/own',
    steps: steps.map((step, index) => ({
      name: `step-${index}`,
      action: { kind: 'netboot', profile: 'pxe' },
      ...base,
      ...step,
    })),
  };
}

/** A StartRun of a built-in plan. */
export function aStart(name: string, with_: Partial<StartRun> = {}): StartRun {
  return {
    runId: 'run0000000000001',
    requestId: 'request-1',
    type: 'CUSTOM',
    planId: `plan/${name}`,
    plan: BUILT_IN_PLANS.find((plan) => plan.id === `plan/${name}`) ?? null,
    params: {},
    reason: '',
    initiatedBy: 'alice',
    acknowledgeIntervention: false,
    acknowledgeCluster: false,
    controlPlane: null,
    previewToken: '',
    capabilitiesOf: () => ALL_CAPABILITIES,
    ...with_,
  };
}

/** The aggregate after a decision, with every event applied at the time that the decision happens at. */
export function applied(aggregate: Aggregate, decision: Decision | Refusal): Aggregate {
  if (decision.kind === 'refusal') throw new Error(`refused: ${decision.message}`);
  const at = decisionTime(aggregate);
  const next = decision.events.reduce((folded, event) => apply(folded, event, at), aggregate);
  return decision.events.length === 0 ? next : { ...next, revision: next.revision + 1 };
}

/** The same aggregate, read so many milliseconds later. */
export function later(aggregate: Aggregate, ms: number): Aggregate {
  return { ...aggregate, now: aggregate.now + ms };
}

/** The same aggregate, read together with what a request id did. */
export function asked(aggregate: Aggregate, request: RequestRecord | null): Aggregate {
  return { ...aggregate, request };
}

/** The machine of an aggregate, which must be there. */
export function machineOf(aggregate: Aggregate): Machine {
  if (aggregate.machine === null) throw new Error('there is no machine');
  return aggregate.machine;
}

/** A run of an aggregate, which must be there. */
export function theRun(aggregate: Aggregate, runId = 'run0000000000001'): Run {
  const planned = runOf(aggregate, runId);
  if (planned === null) throw new Error(`there is no run ${runId}`);
  return planned.run;
}

/** A step of a run of an aggregate, which must be there. */
export function stepOf(aggregate: Aggregate, index: number, runId = 'run0000000000001'): StepStatus {
  const step = theRun(aggregate, runId).steps[index];
  if (step === undefined) throw new Error(`there is no step ${index}`);
  return step;
}

/** A machine with a run of this plan that was accepted just now. */
export function accepted(plan: Plan, machine: Machine = aMachine(), runId = 'run0000000000001'): Aggregate {
  const aggregate = anAggregate(machine);
  const command = aStart('reboot', { runId, planId: plan.id, plan, acknowledgeIntervention: true });
  const decision = decideStartRun(aggregate, command);
  if (decision.kind === 'existing') throw new Error('an aggregate without requests knows this one');
  return applied(aggregate, decision);
}

/** The same aggregate with its run RUNNING. */
export function begun(aggregate: Aggregate, runId = 'run0000000000001'): Aggregate {
  return applied(aggregate, decideBegin(aggregate, runId));
}

/** What the owner of the run with this fence has to do next. */
export function due(aggregate: Aggregate, fence = 1, now = decisionTime(aggregate)): NextAction {
  const planned = runOf(aggregate, 'run0000000000001');
  if (planned === null) throw new Error('there is no run');
  return nextAction(planned, fence, now);
}

/** Announces whatever attempt the run is due for, under this fence; a back-off is waited out. */
export function announced(aggregate: Aggregate, fence = 1, runId = 'run0000000000001'): Aggregate {
  const planned = runOf(aggregate, runId);
  if (planned === null) throw new Error(`there is no run ${runId}`);
  let ready = aggregate;
  let action = nextAction(planned, fence, decisionTime(ready));
  if (action.kind === 'wait') {
    ready = { ...aggregate, now: action.until };
    action = nextAction(planned, fence, action.until);
  }
  if (action.kind !== 'attempt') throw new Error(`due is ${action.kind}, not an attempt`);
  const { step, attempt, probe } = action;
  return applied(ready, decideIntent(ready, { runId, fence, step, attempt, probe }));
}

/** Records how the call under way ended. */
export function ended(
  aggregate: Aggregate,
  outcome: Outcome | ProbeOutcome,
  fence = 1,
  runId = 'run0000000000001',
): Aggregate {
  return applied(aggregate, decideOutcome(aggregate, { runId, fence, outcome }, 0.5));
}

/** Makes one attempt and records how it ended. */
export function attempted(aggregate: Aggregate, outcome: Outcome | ProbeOutcome, fence = 1): Aggregate {
  return ended(announced(aggregate, fence), outcome, fence);
}

/** The good end of a call. */
export const DONE: Outcome = { kind: 'done', message: 'done' };
/** A failure that is tried again. */
export const FLAKED: Outcome = { kind: 'failed', terminal: false, code: 'FLAKED', message: 'no answer' };
/** A failure that is not tried again. */
export const REFUSED: Outcome = { kind: 'failed', terminal: true, code: 'REFUSED', message: 'no such image' };
/** A call that was out of time. */
export const TIMED_OUT: Outcome = { kind: 'timeout', message: 'timed out' };
/** A call of which the provider cannot tell what happened. */
export const UNKNOWN: Outcome = { kind: 'unknown', message: 'connection lost' };
/** A call that was cut off. */
export const CUT_OFF: Outcome = { kind: 'interrupted', message: 'the server was stopped' };
