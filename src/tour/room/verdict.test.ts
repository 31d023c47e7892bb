import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { MachineStatus_Phase as MachinePhase, MachineSchema } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { Run_Phase as RunPhase, RunSchema, StepStatus_State as StepState } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { Condition, MachineCondition, RunCondition } from '../script/script.ts';
import type { Scene } from './verdict.ts';
import { judge, verdictOn } from './verdict.ts';
import { EMPTY_ROOM, withMachine, withRun } from './view.ts';

const RUN: RunCondition = { kind: 'run', name: 'a', phase: null, step: '', percent: 0, retried: '' };
const MACHINE: MachineCondition = {
  kind: 'machine',
  role: 'one',
  phase: null,
  passed: [],
  condition: null,
  saying: '',
  free: false,
};

function run(phase: RunPhase, states: readonly StepState[] = [], progress = 0, retries = 0): Run {
  return create(RunSchema, {
    runId: 'abcdefgh12345678',
    machineId: 'machine-1',
    requestId: 'r',
    phase,
    steps: states.map((state, at) => ({
      name: `step-${at + 1}`,
      state,
      retryCount: retries,
      ...(progress > 0 ? { progress: { current: progress, total: 100 } } : {}),
    })),
  });
}

function machine(phase: MachinePhase, status: object = {}) {
  return create(MachineSchema, { machineId: 'machine-1', status: { phase, ...status } });
}

function scene(changes: Partial<Scene> = {}): Scene {
  return {
    view: { ...EMPTY_ROOM, link: { kind: 'up' }, complete: true },
    machineOf: () => 'machine-1',
    runs: new Map([['a', 'abcdefgh12345678']]),
    many: [],
    plans: [],
    store: '',
    epoch: 0,
    ...changes,
  };
}

const withRuns = (...runs: readonly Run[]) =>
  scene({ view: runs.reduce((view, one) => withRun(view, one), scene().view) });

const kindOf = (condition: Condition, at: Scene) => judge(condition, at).kind;

describe('a run', () => {
  const { RUNNING, SUCCEEDED, CANCELED, WAITING, FAILED } = StepState;

  it.each([
    ['has begun a step that it is in', { step: 'step-1' }, run(RunPhase.RUNNING, [RUNNING, WAITING]), 'met'],
    ['has begun a step that is over', { step: 'step-1' }, run(RunPhase.RUNNING, [SUCCEEDED, RUNNING]), 'met'],
    ['has not come to a later one', { step: 'step-2' }, run(RunPhase.RUNNING, [RUNNING, WAITING]), 'awaited'],
    ['is RUNNING also when it has ended well', { phase: 'RUNNING' }, run(RunPhase.SUCCEEDED), 'met'],
    ['is not SUCCEEDED before its end', { phase: 'SUCCEEDED' }, run(RunPhase.RUNNING), 'awaited'],
    ['never succeeds once it failed', { phase: 'SUCCEEDED' }, run(RunPhase.FAILED), 'never'],
    [
      'is canceled in the step',
      { phase: 'CANCELED', step: 'step-2' },
      run(RunPhase.CANCELED, [SUCCEEDED, CANCELED]),
      'met',
    ],
    [
      'is canceled elsewhere',
      { phase: 'CANCELED', step: 'step-1' },
      run(RunPhase.CANCELED, [SUCCEEDED, CANCELED]),
      'never',
    ],
    ['failed in the step', { phase: 'FAILED', step: 'step-1' }, run(RunPhase.FAILED, [FAILED]), 'met'],
    ['is far enough', { step: 'step-1', percent: 25 }, run(RunPhase.RUNNING, [RUNNING], 25), 'met'],
    ['is not far enough', { step: 'step-1', percent: 25 }, run(RunPhase.RUNNING, [RUNNING], 24), 'awaited'],
    [
      'cannot be met midway once that is over',
      { step: 'step-1', percent: 25 },
      run(RunPhase.SUCCEEDED, [SUCCEEDED]),
      'never',
    ],
    ['has tried again', { retried: 'step-1' }, run(RunPhase.RUNNING, [RUNNING], 0, 1), 'met'],
    ['has not tried again and is over', { retried: 'step-1' }, run(RunPhase.SUCCEEDED, [SUCCEEDED]), 'never'],
    ['has no such step', { step: 'step-9' }, run(RunPhase.RUNNING, [RUNNING]), 'never'],
  ] as const)('%s', (_, changes, one, kind) => {
    expect(kindOf({ ...RUN, ...changes }, withRuns(one))).toBe(kind);
  });

  it('that was not started can only begin with its chapter', () => {
    expect(judge(RUN, scene({ runs: new Map() }))).toEqual({
      kind: 'never',
      failure: { sentence: 'the run that is spoken of was not started', again: 'chapter' },
    });
  });

  it('that the server no longer knows is lost with its state', () => {
    expect(judge(RUN, scene())).toMatchObject({ kind: 'never', failure: { again: 'chapter' } });
    expect(kindOf(RUN, scene({ view: { ...scene().view, complete: false } }))).toBe('awaited');
  });
});

describe('a machine', () => {
  const at = (one: ReturnType<typeof machine>) => scene({ view: withMachine(scene().view, one, false) });

  it('is in the phase, or awaited in it', () => {
    const inService = at(machine(MachinePhase.IN_SERVICE));
    expect(kindOf({ ...MACHINE, phase: 'IN_SERVICE' }, inService)).toBe('met');
    expect(judge({ ...MACHINE, phase: 'RMA' }, inService)).toEqual({
      kind: 'awaited',
      awaiting: 'machine-1 to be RMA (IN_SERVICE now)',
    });
  });

  it('has passed phases in that order since its last run was accepted', () => {
    const { PROVISIONING, READY, IN_SERVICE } = MachinePhase;
    let { view } = at(machine(READY));
    view = withMachine(view, machine(PROVISIONING), true);
    const condition = { ...MACHINE, passed: ['PROVISIONING', 'READY', 'IN_SERVICE'] as const };
    view = withMachine(view, machine(IN_SERVICE), false);
    expect(kindOf(condition, scene({ view }))).toBe('awaited');
    view = withMachine(withMachine(view, machine(READY), false), machine(IN_SERVICE), false);
    expect(kindOf(condition, scene({ view }))).toBe('met');
  });

  it('has a condition that says something', () => {
    const marked = at(machine(MachinePhase.RMA, { conditions: [{ type: 'RMA', status: true, message: 'bad DIMM' }] }));
    expect(kindOf({ ...MACHINE, condition: 'RMA', saying: 'DIMM' }, marked)).toBe('met');
    expect(kindOf({ ...MACHINE, condition: 'RMA', saying: 'fan' }, marked)).toBe('awaited');
    expect(kindOf({ ...MACHINE, condition: 'NeedsIntervention' }, marked)).toBe('awaited');
  });

  it.each([
    ['busy', machine(MachinePhase.PROVISIONING, { activeRunId: 'x' })],
    ['busy', machine(MachinePhase.MAINTENANCE, { stoppingRunId: 'x' })],
    ['RMA', machine(MachinePhase.RMA)],
    ['RETIRED', machine(MachinePhase.RETIRED)],
    ['intervention', machine(MachinePhase.MAINTENANCE, { conditions: [{ type: 'NeedsIntervention', status: true }] })],
    ['maintenance', machine(MachinePhase.MAINTENANCE, { conditions: [{ type: 'OperatorMaintenance', status: true }] })],
  ])('is not free: %s', (why, one) => {
    const verdict = judge({ ...MACHINE, free: true }, at(one));
    expect(verdict).toEqual({ kind: 'awaited', awaiting: `machine-1 to be free (${why})` });
  });

  it('that was there and is not after the server came back is lost', () => {
    const view = { ...scene().view, epoch: 2 };
    expect(kindOf(MACHINE, scene({ view, epoch: 1 }))).toBe('never');
    expect(kindOf(MACHINE, scene({ view, epoch: 2 }))).toBe('awaited');
  });
});

describe('two answers', () => {
  const same: Condition = { kind: 'same', first: 'a', second: 'b' };

  it('are the same run, and the only one of the request', () => {
    const runs = new Map([
      ['a', 'abcdefgh12345678'],
      ['b', 'abcdefgh12345678'],
    ]);
    const view = withRun(scene().view, run(RunPhase.RUNNING));
    expect(kindOf(same, scene({ view, runs }))).toBe('met');
    const twin = create(RunSchema, { ...run(RunPhase.RUNNING), runId: 'another0' });
    expect(kindOf(same, scene({ view: withRun(view, twin), runs }))).toBe('never');
  });

  it('with two ids are a failure', () => {
    const runs = new Map([
      ['a', 'abcdefgh12345678'],
      ['b', 'zzzzzzzz12345678'],
    ]);
    expect(judge(same, scene({ runs }))).toMatchObject({
      failure: { sentence: 'the two answers are two runs: abcdefgh and zzzzzzzz' },
    });
  });
});

describe('verdictOn', () => {
  it('tells first what can no longer come, then what is awaited', () => {
    const up: Condition = { kind: 'server', is: 'up' };
    const three: Condition = { kind: 'machines', count: 3 };
    const plans: Condition = { kind: 'plans', ids: ['nothing'] };
    expect(verdictOn([up], scene())).toEqual({ kind: 'met' });
    expect(verdictOn([up, three], scene())).toEqual({ kind: 'awaited', awaiting: '3 machines (0 now)' });
    expect(verdictOn([three, plans], scene()).kind).toBe('never');
  });

  it('says that the server is away, whatever else is awaited', () => {
    const view = { ...scene().view, link: { kind: 'lost', message: 'gone' } as const };
    expect(verdictOn([{ kind: 'machines', count: 1 }], scene({ view }))).toEqual({
      kind: 'awaited',
      awaiting: 'the server to come back: gone',
    });
  });
});
