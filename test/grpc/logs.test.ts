import { describe, expect, it } from 'vitest';
import type { LogChunk } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import type { Grpc } from '../support/grpc.ts';
import { refusal, startGrpc } from '../support/grpc.ts';

const GATED = { spec: { provider: 'gated' } };

interface Line {
  readonly sequence: number;
  readonly text: string;
}

function lineOf({ sequence, data }: LogChunk): Line {
  return { sequence: Number(sequence), text: Buffer.from(data).toString() };
}

async function allOf(stream: AsyncIterable<LogChunk>): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const chunk of stream) lines.push(lineOf(chunk));
  return lines;
}

function texts(from: number, to: number): Line[] {
  return Array.from({ length: to - from + 1 }, (_, n) => ({ sequence: from + n, text: `line ${from + n}` }));
}

/** A run on a machine whose call has begun. */
async function running(grpc: Grpc) {
  await grpc.register('machine-1', GATED);
  const { runId } = await grpc.start('machine-1');
  return { runId, call: await grpc.gated.next() };
}

describe('StreamRunLogs', () => {
  it('of a finished run gives every line from the first, and ends', async () => {
    const grpc = await startGrpc();
    const { runId, call } = await running(grpc);
    for (const { text } of texts(1, 1_000)) call.log('stdout', text);
    call.log('stderr', 'line 1001');
    call.finish();
    await grpc.ended(runId);
    expect(await allOf(grpc.runs.streamRunLogs({ runId }))).toEqual(texts(1, 1_001));
    const [last] = await Array.fromAsync(grpc.runs.streamRunLogs({ runId, afterSequence: 1_000n }));
    expect(last).toMatchObject({ runId, stream: 'stderr', step: 'reboot', attempt: 1, sequence: 1_001n });
    expect(last?.ts).toBeDefined();
    for (const afterSequence of [1_001n, 9_999n, 2n ** 64n - 1n]) {
      expect(await allOf(grpc.runs.streamRunLogs({ runId, afterSequence }))).toEqual([]);
    }
    expect(await allOf(grpc.runs.streamRunLogs({ runId, afterSequence: 998n, noFollow: true }))).toEqual(
      texts(999, 1_001),
    );
  });

  it('follows a run under way, and ends by itself with it', async () => {
    const grpc = await startGrpc();
    const { runId, call } = await running(grpc);
    call.log('stdout', 'line 1');
    const stream = grpc.runs.streamRunLogs({ runId });
    for (let n = 1; n <= 5; n += 1) {
      const { value } = await stream.next();
      expect(value && lineOf(value)).toEqual({ sequence: n, text: `line ${n}` });
      call.log('stdout', `line ${n + 1}`);
    }
    call.finish();
    expect(await allOf(stream)).toEqual(texts(6, 6));
  });

  it('of a run that is canceled goes on until its last call has returned', async () => {
    const grpc = await startGrpc();
    const { runId, call } = await running(grpc);
    call.log('stdout', 'line 1');
    const stream = grpc.runs.streamRunLogs({ runId });
    await stream.next();
    await grpc.runs.cancelRun({ runId });
    call.log('stdout', 'line 2');
    expect(lineOf((await stream.next()).value as LogChunk)).toEqual({ sequence: 2, text: 'line 2' });
    call.log('stdout', 'line 3');
    call.finish();
    expect(await allOf(stream)).toEqual(texts(3, 3));
  });

  it('with no_follow ends after what is there, although the run goes on', async () => {
    const grpc = await startGrpc();
    const { runId, call } = await running(grpc);
    expect(await allOf(grpc.runs.streamRunLogs({ runId, noFollow: true }))).toEqual([]);
    call.log('stdout', 'line 1');
    await grpc.runs.streamRunLogs({ runId }).next();
    expect(await allOf(grpc.runs.streamRunLogs({ runId, noFollow: true }))).toEqual(texts(1, 1));
  });

  it('of a run that never wrote one ends at once', async () => {
    const grpc = await startGrpc({ maxRuns: 1 });
    await running(grpc);
    await grpc.register('machine-2', GATED);
    const { runId } = await grpc.start('machine-2');
    await grpc.runs.cancelRun({ runId });
    expect(await allOf(grpc.runs.streamRunLogs({ runId }))).toEqual([]);
  });

  it('gives many followers the same lines, whenever they came and however slowly they read', async () => {
    const grpc = await startGrpc();
    const { runId, call } = await running(grpc);
    const count = 5_000;
    const slow = grpc.runs.streamRunLogs({ runId });
    const followers = [allOf(grpc.runs.streamRunLogs({ runId }))];
    for (const { text } of texts(1, count)) {
      call.log('stdout', text);
      // Once every so often the lines so far are awaited, and another follower comes.
      const n = Number(text.slice('line '.length));
      if (n % 1_000 !== 0) continue;
      if (n === 1_000) await slow.next();
      for await (const chunk of grpc.runs.streamRunLogs({ runId })) if (Number(chunk.sequence) === n) break;
      followers.push(allOf(grpc.runs.streamRunLogs({ runId, afterSequence: BigInt(n) })));
    }
    call.finish();
    const told = await Promise.all(followers);
    expect(told[0]).toEqual(texts(1, count));
    for (const [index, lines] of told.entries()) expect(lines).toEqual(texts(index * 1_000 + 1, count));
    expect(await allOf(slow)).toEqual(texts(2, count));
  });

  it('refuses an unknown run, and no run', async () => {
    const { runs } = await startGrpc();
    expect(await refusal(runs.streamRunLogs({ runId: 'no-such-run' }))).toMatchObject({
      codeName: 'NOT_FOUND',
      reason: 'RUN_NOT_FOUND',
    });
    expect(await refusal(runs.streamRunLogs({ runId: '' }))).toMatchObject({ codeName: 'INVALID_ARGUMENT' });
  });
});
