import { describe, expect, it } from 'vitest';
import type { ConditionType } from './condition.ts';
import { findCondition } from './condition.ts';
import type { Happening, HappeningContext } from './lifecycle.ts';
import { happen, happeningOfSuccess, LIFECYCLE } from './lifecycle.ts';
import type { Machine, MachinePhase } from './machine.ts';
import { planTraits } from './plan.ts';
import { aMachine, builtIn, conditions, T0 } from './testing.ts';

const NOW = T0 + 5_000;

interface Row {
  readonly what: string;
  readonly happening: Happening;
  readonly from: MachinePhase;
  readonly having?: readonly ConditionType[];
  readonly with?: Partial<HappeningContext>;
  /** The run that is active before it. */
  readonly active?: string;
  readonly held?: string;
  readonly to: MachinePhase;
  readonly after: readonly ConditionType[];
  readonly activeThen?: string;
  readonly heldThen?: string;
}

const RUN = { active: 'run-1', with: { runId: 'run-1', originPhase: 'READY' as const } };

/** engine.md's table of machine phases, row by row; every happening is in it at least once. */
const TABLE: readonly Row[] = [
  {
    what: 'StartRun accepted: PROVISIONING, the run is the active one',
    happening: 'RUN_ACCEPTED',
    from: 'READY',
    having: ['Provisioned'],
    with: { runId: 'run-1' },
    to: 'PROVISIONING',
    after: ['Provisioned'],
    activeThen: 'run-1',
  },
  {
    what: 'StartRun accepted with acknowledgement: NeedsIntervention stays until the run has ended well',
    happening: 'RUN_ACCEPTED',
    from: 'MAINTENANCE',
    having: ['NeedsIntervention', 'OperationCanceled'],
    with: { runId: 'run-1' },
    to: 'PROVISIONING',
    after: ['NeedsIntervention', 'OperationCanceled'],
    activeThen: 'run-1',
  },
  {
    what: 'the image begins: the disk is gone, so Provisioned and InCustomerCluster are cleared',
    happening: 'IMAGE_BEGUN',
    from: 'PROVISIONING',
    having: ['Provisioned', 'InCustomerCluster', 'OperatorMaintenance'],
    ...RUN,
    to: 'PROVISIONING',
    after: ['OperatorMaintenance'],
    activeThen: 'run-1',
  },
  {
    what: 'the image is done: READY and Provisioned, the run goes on',
    happening: 'IMAGE_DONE',
    from: 'PROVISIONING',
    ...RUN,
    to: 'READY',
    after: ['Provisioned'],
    activeThen: 'run-1',
  },
  {
    what: 'repave and join end well: IN_SERVICE, what needed intervention is over',
    happening: 'REPAVED_AND_JOINED',
    from: 'READY',
    having: ['Provisioned', 'NeedsIntervention', 'OperationCanceled'],
    ...RUN,
    to: 'IN_SERVICE',
    after: ['InCustomerCluster', 'Provisioned'],
  },
  {
    what: 'repave without join ends well: READY, what needed intervention is over',
    happening: 'REPAVED',
    from: 'READY',
    having: ['Provisioned', 'NeedsIntervention', 'OperationCanceled'],
    ...RUN,
    to: 'READY',
    after: ['Provisioned'],
  },
  {
    what: 'a run without repave ends well: back to where it came from, conditions kept',
    happening: 'RUN_DONE',
    from: 'PROVISIONING',
    having: ['Provisioned', 'InCustomerCluster', 'NeedsIntervention', 'OperationCanceled'],
    active: 'run-1',
    with: { runId: 'run-1', originPhase: 'IN_SERVICE' },
    to: 'IN_SERVICE',
    after: ['InCustomerCluster', 'NeedsIntervention', 'OperationCanceled', 'Provisioned'],
  },
  {
    what: 'a run without repave ends well on a machine never provisioned: FACTORY_READY again',
    happening: 'RUN_DONE',
    from: 'PROVISIONING',
    active: 'run-1',
    with: { runId: 'run-1', originPhase: 'FACTORY_READY' },
    to: 'FACTORY_READY',
    after: [],
  },
  {
    what: 'repave and join end well under OperatorMaintenance: MAINTENANCE still',
    happening: 'REPAVED_AND_JOINED',
    from: 'READY',
    having: ['OperatorMaintenance', 'Provisioned'],
    ...RUN,
    to: 'MAINTENANCE',
    after: ['InCustomerCluster', 'OperatorMaintenance', 'Provisioned'],
  },
  {
    what: 'repave alone ends well under OperatorMaintenance: MAINTENANCE still',
    happening: 'REPAVED',
    from: 'READY',
    having: ['OperatorMaintenance', 'Provisioned'],
    ...RUN,
    to: 'MAINTENANCE',
    after: ['OperatorMaintenance', 'Provisioned'],
  },
  {
    what: 'rma ends well: RMA, out of the cluster',
    happening: 'RMA_MARKED',
    from: 'PROVISIONING',
    having: ['Provisioned', 'InCustomerCluster'],
    ...RUN,
    to: 'RMA',
    after: ['Provisioned', 'RMA'],
  },
  {
    what: 'a run fails: MAINTENANCE, NeedsIntervention',
    happening: 'RUN_FAILED',
    from: 'PROVISIONING',
    having: ['Provisioned', 'InCustomerCluster'],
    ...RUN,
    to: 'MAINTENANCE',
    after: ['InCustomerCluster', 'NeedsIntervention', 'Provisioned'],
  },
  {
    what: 'a run fails with a call that does not return: the machine is held',
    happening: 'RUN_FAILED',
    from: 'PROVISIONING',
    active: 'run-1',
    with: { runId: 'run-1', held: true },
    to: 'MAINTENANCE',
    after: ['NeedsIntervention'],
    heldThen: 'run-1',
  },
  {
    what: 'a run is canceled: MAINTENANCE at once, NeedsIntervention and OperationCanceled',
    happening: 'RUN_CANCELED',
    from: 'PROVISIONING',
    ...RUN,
    to: 'MAINTENANCE',
    after: ['NeedsIntervention', 'OperationCanceled'],
  },
  {
    what: 'a run is canceled in mid-call: the machine is held as well',
    happening: 'RUN_CANCELED',
    from: 'READY',
    active: 'run-1',
    with: { runId: 'run-1', held: true },
    to: 'MAINTENANCE',
    after: ['NeedsIntervention', 'OperationCanceled'],
    heldThen: 'run-1',
  },
  {
    what: 'the held call has returned: the hold is gone and nothing else changes',
    happening: 'CALL_STOPPED',
    from: 'MAINTENANCE',
    having: ['NeedsIntervention', 'OperationCanceled'],
    held: 'run-1',
    to: 'MAINTENANCE',
    after: ['NeedsIntervention', 'OperationCanceled'],
  },
  {
    what: 'ResolveIntervention: MAINTENANCE stays',
    happening: 'INTERVENTION_RESOLVED',
    from: 'MAINTENANCE',
    having: ['NeedsIntervention', 'OperationCanceled', 'Provisioned'],
    to: 'MAINTENANCE',
    after: ['Provisioned'],
  },
  {
    what: 'EnterMaintenance: OperatorMaintenance is its mark',
    happening: 'MAINTENANCE_ENTERED',
    from: 'IN_SERVICE',
    having: ['Provisioned', 'InCustomerCluster'],
    to: 'MAINTENANCE',
    after: ['InCustomerCluster', 'OperatorMaintenance', 'Provisioned'],
  },
  {
    what: 'ExitMaintenance of a machine in its cluster: IN_SERVICE',
    happening: 'MAINTENANCE_EXITED',
    from: 'MAINTENANCE',
    having: ['OperatorMaintenance', 'Provisioned', 'InCustomerCluster'],
    to: 'IN_SERVICE',
    after: ['InCustomerCluster', 'Provisioned'],
  },
  {
    what: 'ExitMaintenance of a provisioned machine: READY',
    happening: 'MAINTENANCE_EXITED',
    from: 'MAINTENANCE',
    having: ['OperatorMaintenance', 'Provisioned'],
    to: 'READY',
    after: ['Provisioned'],
  },
  {
    what: 'ExitMaintenance of a machine whose disk is gone: FACTORY_READY',
    happening: 'MAINTENANCE_EXITED',
    from: 'MAINTENANCE',
    having: ['OperatorMaintenance'],
    to: 'FACTORY_READY',
    after: [],
  },
  {
    what: 'CompleteRma: FACTORY_READY',
    happening: 'RMA_COMPLETED',
    from: 'RMA',
    having: ['RMA', 'Provisioned', 'NeedsIntervention'],
    to: 'FACTORY_READY',
    after: [],
  },
  {
    what: 'RetireMachine: RETIRED',
    happening: 'MACHINE_RETIRED',
    from: 'MAINTENANCE',
    having: ['Provisioned'],
    to: 'RETIRED',
    after: ['Provisioned', 'Retired'],
  },
];

function before(row: Row): Machine {
  return aMachine({
    phase: row.from,
    conditions: conditions(...(row.having ?? [])),
    activeRunId: row.active ?? null,
    stoppingRunId: row.held ?? null,
  });
}

describe('the table of machine phases', () => {
  it.each(TABLE)('$what', (row) => {
    const patch = happen(before(row), row.happening, { now: NOW, reason: 'Why', message: 'why', ...row.with });
    const set = patch.conditions.filter((condition) => condition.status).map((condition) => condition.type);
    expect({
      phase: patch.phase,
      conditions: set.sort(),
      active: patch.activeRunId,
      held: patch.stoppingRunId,
    }).toEqual({
      phase: row.to,
      conditions: [...row.after].sort(),
      active: row.activeThen ?? null,
      held: row.heldThen ?? null,
    });
  });

  it('has a row for everything that can happen', () => {
    expect(new Set(TABLE.map((row) => row.happening))).toEqual(new Set(Object.keys(LIFECYCLE)));
  });

  it('says why a condition was set, and since when', () => {
    const context = { now: NOW, reason: 'RunFailed', message: 'plan/reboot failed in reboot: no answer' };
    const patch = happen(aMachine({ phase: 'PROVISIONING' }), 'RUN_FAILED', context);
    expect(findCondition(patch.conditions, 'NeedsIntervention')).toEqual({
      type: 'NeedsIntervention',
      status: true,
      reason: 'RunFailed',
      message: 'plan/reboot failed in reboot: no answer',
      lastTransitionAt: NOW,
    });
  });

  it('moves last_seen only where the hardware has answered', () => {
    const machine = aMachine({ phase: 'PROVISIONING', lastSeenAt: T0 });
    const context = { now: NOW, reason: 'Why', message: 'why' };
    expect(happen(machine, 'RUN_FAILED', context).lastSeenAt).toBe(T0);
    expect(happen(machine, 'IMAGE_DONE', { ...context, seen: true }).lastSeenAt).toBe(NOW);
  });
});

describe('what the good end of a run means for its machine', () => {
  it.each([
    ['repave-join', 'REPAVED_AND_JOINED'],
    ['rma', 'RMA_MARKED'],
    ['reboot', 'RUN_DONE'],
    ['upgrade', 'RUN_DONE'],
    ['net-reconfig', 'RUN_DONE'],
  ] as const)('%s: %s', (name, happening) => {
    expect(happeningOfSuccess(planTraits(builtIn(name)))).toBe(happening);
  });

  const [netboot, , image, join] = builtIn('repave-join').steps;
  const own = (...steps: readonly (typeof netboot)[]) => ({
    ...builtIn('reboot'),
    steps: steps.filter((step) => step !== undefined),
  });

  it('repave without join: REPAVED', () => {
    expect(happeningOfSuccess(planTraits(own(netboot, image)))).toBe('REPAVED');
  });

  it('join without repave: back to where it came from', () => {
    expect(happeningOfSuccess(planTraits(own(join)))).toBe('RUN_DONE');
  });

  it('a join before the last image does not count: that disk is gone', () => {
    expect(happeningOfSuccess(planTraits(own(join, image)))).toBe('REPAVED');
    expect(happeningOfSuccess(planTraits(own(image, join, image)))).toBe('REPAVED');
    expect(happeningOfSuccess(planTraits(own(image, image, join)))).toBe('REPAVED_AND_JOINED');
  });
});
