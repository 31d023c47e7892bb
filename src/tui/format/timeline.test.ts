import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { Run_Phase as Phase, RunSchema, StepStatus_State as State } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { unicodeGlyphs } from '../theme/glyphs.ts';
import { stepLines, summaryLines } from './timeline.ts';

const NOW = Date.UTC(2026, 0, 2, 12, 0, 0);
const at = (secondsAgo: number) => timestampFromMs(NOW - secondsAgo * 1_000);
const context = { width: 60, glyphs: unicodeGlyphs, now: NOW, frame: 0 };

function run(init: MessageInitShape<typeof RunSchema>): Run {
  return create(RunSchema, { runId: 'r', machineId: 'm', phase: Phase.RUNNING, startedAt: at(9), ...init });
}

function texts(lines: readonly (readonly { readonly text: string }[])[]): string[] {
  return lines.map((line) =>
    line
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );
}

describe('the steps of a run', () => {
  test('say how they stand, how long they took, and which attempt it is', () => {
    const steps = [
      { name: 'netboot', state: State.SUCCEEDED, maxAttempts: 3, startedAt: at(9), finishedAt: at(8.8) },
      { name: 'reboot', state: State.SUCCEEDED, retryCount: 1, maxAttempts: 2, startedAt: at(8), finishedAt: at(5) },
      {
        name: 'image',
        state: State.RUNNING,
        retryCount: 1,
        maxAttempts: 2,
        startedAt: at(4.1),
        progress: { current: 72, total: 100, unit: '%' },
      },
      { name: 'join', state: State.WAITING, maxAttempts: 3 },
    ];
    expect(texts(stepLines(run({ steps }), context))).toEqual([
      '✓ netboot    0.2s',
      '✓ reboot     3.0s  at attempt 2 of 2',
      '⠋ image      4.1s  attempt 2 of 2  ######.. 72%',
      '· join',
    ]);
  });

  test('count down to the next attempt', () => {
    const steps = [{ name: 'verify', state: State.RUNNING, maxAttempts: 4, startedAt: at(2), nextRetryAt: at(-2.4) }];
    expect(texts(stepLines(run({ steps }), context))).toEqual(['↻ verify    2.0s  attempt 2 of 4 in 3s']);
  });

  test('name a failure, a cancel and what was not run', () => {
    const steps = [
      { name: 'a', state: State.FAILED, retryCount: 3, maxAttempts: 4, startedAt: at(9), finishedAt: at(2) },
      { name: 'b', state: State.CANCELED, maxAttempts: 1, startedAt: at(2), finishedAt: at(1) },
      { name: 'c', state: State.SKIPPED, maxAttempts: 1 },
    ];
    expect(texts(stepLines(run({ phase: Phase.FAILED, steps }), context))).toEqual([
      '✗ a    7.0s  failed at attempt 4 of 4',
      '⊘ b    1.0s  canceled',
      '- c          not run',
    ]);
  });

  test('stop counting with their run', () => {
    const steps = [{ name: 'a', state: State.RUNNING, maxAttempts: 1, startedAt: at(9) }];
    const ended = run({ phase: Phase.CANCELED, finishedAt: at(6), steps });
    expect(texts(stepLines(ended, context))[0]).toContain('3.0s');
  });

  test('leave the attempt out where it and the bar do not fit', () => {
    const steps = [
      { name: 'image', state: State.RUNNING, maxAttempts: 2, startedAt: at(1), progress: { current: 1, total: 2 } },
    ];
    const [line = []] = stepLines(run({ steps }), { ...context, width: 36 });
    expect(texts([line])).toEqual(['⠋ image    1.0s  ####.... 50%']);
  });
});

describe('what is said below', () => {
  test('is what the run waits for, and for how long at most', () => {
    const waiting = run({ waitingFor: { detail: 'repave-image to return', until: at(-30) } });
    expect(texts(summaryLines(waiting, context))).toEqual([
      'waiting for: repave-image to return, at most 30s more',
      'RUNNING for 9.0s',
    ]);
  });

  test('is why it failed', () => {
    const failed = run({
      phase: Phase.FAILED,
      finishedAt: at(1),
      error: { code: 'STEP_FAILED', message: 'verify-in-cluster: node \x1b[31mNotReady' },
    });
    expect(texts(summaryLines(failed, context))).toEqual([
      '✗ STEP_FAILED: verify-in-cluster: node NotReady',
      'FAILED after 8.0s',
    ]);
  });

  test('is who canceled it, and that it holds the machine, once', () => {
    const waitingFor = { detail: 'the last call of run 7f3a91kq00000000 to return, in repave-image' };
    const canceled = run({ phase: Phase.CANCELED, finishedAt: at(1), canceledBy: 'lin', stopping: true, waitingFor });
    expect(texts(summaryLines(canceled, context))).toEqual([
      '▲ its last call to the hardware has not returned: the',
      'machine is held until it has',
      'CANCELED after 8.0s by lin',
    ]);
  });
});
