import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import {
  Run_Phase,
  RunSchema,
  StepStatus_State as State,
  type StepStatusSchema,
} from '../../wire/gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind } from '../../wire/gen/baremetal/v1/waiting_pb.ts';
import { plainPaint } from '../output/paint.ts';
import { RunLines, underWayText } from './run-lines.ts';
import { transitions } from './transitions.ts';

type StepInit = MessageInitShape<typeof StepStatusSchema>;

const at = (second: number) => timestampFromMs(second * 1_000);

function run(verify: StepInit, rest: Partial<Run> = {}): Run {
  const first = { name: 'boot', state: State.SUCCEEDED, maxAttempts: 2, startedAt: at(0), finishedAt: at(1) };
  return create(RunSchema, {
    runId: 'abcdefgh12345678',
    machineId: 'machine-1',
    planId: 'plan/repave-join',
    phase: Run_Phase.RUNNING,
    ...rest,
    steps: [first, { name: 'verify', maxAttempts: 4, ...verify }],
  } as MessageInitShape<typeof RunSchema>);
}

const waiting = run({ state: State.WAITING });
const first = run({ state: State.RUNNING, startedAt: at(1), deadline: at(9) });
const backOff = run({ state: State.RUNNING, startedAt: at(1), nextRetryAt: at(4), message: 'NotReady' });
const second = run({ state: State.RUNNING, startedAt: at(1), retryCount: 1, deadline: at(12) });
const passed = run({ state: State.SUCCEEDED, startedAt: at(1), retryCount: 1, finishedAt: at(6), message: 'Ready' });

/** What is told between the states, one after the other, without the clock. */
function told(...states: (Run | null)[]): string[] {
  const lines = new RunLines(passed, plainPaint);
  return states
    .slice(1)
    .flatMap((after, index) =>
      transitions(states[index] ?? null, after!).map((one) => lines.transition(one, 2_000).slice('00:00:00  '.length)),
    );
}

describe('what becomes of the steps', () => {
  it('is told attempt by attempt, with the back-off between them', () => {
    expect(told(waiting, first, backOff, second, passed)).toEqual([
      'verify  begins, attempt 1 of 4',
      'verify  attempt 1 of 4 failed: NotReady; next in 2.0s',
      'verify  attempt 2 of 4',
      'verify  SUCCEEDED after 5.0s, attempt 2 of 4',
    ]);
  });

  it('is told where it waits for a person, to who comes late, too', () => {
    const waitingFor = { kind: WaitingFor_Kind.APPROVAL, step: 'verify', since: at(1), detail: 'somebody' };
    const held = run({ state: State.WAITING, message: 'Is it on?' }, { waitingFor } as Partial<Run>);
    const line = 'verify  waits for approval: Is it on?; `bmdemo approve abcdefgh12345678 --reason TEXT` lets it begin';
    expect(told(waiting, held, held, first)).toEqual([line, 'verify  begins, attempt 1 of 4']);
    expect(told(null, held)).toEqual(['boot    SUCCEEDED after 1.0s', line]);
    expect(underWayText(held)).toBe('waits for somebody');
  });

  it('is told once, however often the same state comes', () => {
    expect(told(first, first, first)).toEqual([]);
    expect(told(backOff, backOff)).toEqual([]);
  });

  it('is told from the beginning to who comes late', () => {
    expect(told(null, second)).toEqual(['boot    SUCCEEDED after 1.0s', 'verify  attempt 2 of 4']);
  });

  it('is told in one go where states were missed', () => {
    expect(told(waiting, passed)).toEqual(['verify  SUCCEEDED after 5.0s, attempt 2 of 4']);
  });

  it('says why a step failed', () => {
    const failed = run({
      state: State.FAILED,
      startedAt: at(1),
      retryCount: 3,
      finishedAt: at(9),
      message: 'NotReady',
    });
    expect(told(second, failed)).toEqual(['verify  FAILED after 8.0s, attempt 4 of 4: NotReady']);
  });
});

describe('the outcome', () => {
  const lines = new RunLines(passed, plainPaint);

  it('says how long it took', () => {
    const done = { ...passed, phase: Run_Phase.SUCCEEDED, createdAt: at(0), finishedAt: at(6) };
    expect(lines.outcome(done)).toEqual(['run abcdefgh12345678 of machine-1 SUCCEEDED after 6.0s']);
  });

  it('says what failed, what was not run, and what still holds the machine', () => {
    const failed = run(
      { state: State.SKIPPED },
      { phase: Run_Phase.FAILED, createdAt: at(0), finishedAt: at(2), stopping: true },
    );
    failed.error = { ...create(RunSchema, { error: { code: 'STEP_STUCK', message: 'boot does not end' } }).error! };
    expect(lines.outcome(failed)).toEqual([
      'run abcdefgh12345678 of machine-1 FAILED after 2.0s',
      '  STEP_STUCK: boot does not end',
      '  not run: verify',
      '  its call to the hardware has been told to stop, and has not returned yet; the machine is held until it has',
    ]);
  });

  it('says who canceled it', () => {
    const canceled = run({}, { phase: Run_Phase.CANCELED, createdAt: at(0), finishedAt: at(2), canceledBy: 'lin' });
    expect(lines.outcome(canceled)).toEqual(['run abcdefgh12345678 of machine-1 CANCELED by lin after 2.0s']);
  });
});

it('what is under way fits into a line', () => {
  expect(underWayText(waiting)).toBe('waits to begin');
  const progress = { current: 3, total: 4, unit: 'stage', note: 'layer 3' };
  const state = { state: State.RUNNING, retryCount: 1, progress };
  expect(underWayText(run(state))).toBe('verify 2/2, attempt 2 of 4, 75% layer 3');
});
