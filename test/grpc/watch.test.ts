import { describe, expect, it } from 'vitest';
import type { MachineEvent, RunEvent } from '../../src/wire/gen/baremetal/v1/event_pb.ts';
import { Run_Phase, Run_PhaseSchema } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import type { Grpc } from '../support/grpc.ts';
import { as, nameOf, refusal, startGrpc, Watched } from '../support/grpc.ts';

const GATED = { spec: { provider: 'gated' } };

function watchingRuns({ runs }: Grpc, filter = '', afterCursor = ''): Watched<RunEvent> {
  return new Watched((signal) => runs.watchRuns({ filter, afterCursor }, { signal }));
}

function watchingMachines({ machines }: Grpc, filter = '', afterCursor = ''): Watched<MachineEvent> {
  return new Watched((signal) => machines.watchMachines({ filter, afterCursor }, { signal }));
}

describe('WatchRuns opens with the present state', () => {
  it('of the active runs that match, of which only the last message has a cursor', async () => {
    const grpc = await startGrpc();
    for (const n of [1, 2, 3]) {
      await grpc.register(`machine-${n}`, GATED);
      await grpc.start(`machine-${n}`, { requestId: 'r', planId: n === 3 ? 'rma' : 'reboot' });
      await grpc.gated.next();
    }
    const all = await watchingRuns(grpc).take(3);
    expect(all.map(({ kind }) => kind)).toEqual(['SNAPSHOT', 'SNAPSHOT', 'SNAPSHOT']);
    expect(all.map(({ cursor }) => cursor !== '')).toEqual([false, false, true]);
    for (const { ts, message, snapshot, revision } of all) {
      expect(ts).toBeDefined();
      expect(message).not.toBe('');
      expect(snapshot?.steps.length).toBeGreaterThan(0);
      expect(revision).toBe(3n);
    }
    const [only] = await watchingRuns(grpc, 'plan_id=rma').take(1);
    expect(only).toMatchObject({ kind: 'SNAPSHOT', snapshot: { machineId: 'machine-3' } });
    expect(only?.cursor).not.toBe('');
  });

  it('of a finished run only where the filter names it by id', async () => {
    const grpc = await startGrpc();
    await grpc.register('machine-1', GATED);
    const first = await grpc.start('machine-1');
    (await grpc.gated.next()).finish();
    const { runId } = await grpc.ended(first.runId);
    const named = await watchingRuns(grpc, `run_id=${runId}`).next();
    expect(named).toMatchObject({ kind: 'SNAPSHOT', snapshot: { runId, phase: Run_Phase.SUCCEEDED } });
    const next = await grpc.start('machine-1', { requestId: 'next' });
    await grpc.gated.next();
    const all = await watchingRuns(grpc, 'machine_id=machine-1').next();
    expect(all).toMatchObject({ kind: 'SNAPSHOT', snapshot: { runId: next.runId } });
    // The last message of the snapshot has a cursor: the finished run is not among the others.
    expect(all.cursor).not.toBe('');
  });

  it('and every later change follows, with the run as it was then, and who brought it about', async () => {
    const grpc = await startGrpc();
    await grpc.register('machine-1', GATED);
    const run = await grpc.runs.startRun({ machineId: 'machine-1', requestId: 'r', type: 'REBOOT' }, as('alice'));
    const call = await grpc.gated.next();
    const watched = watchingRuns(grpc, `run_id=${run.runId}`);
    await watched.next();
    await grpc.runs.cancelRun({ runId: run.runId, reason: 'wrong one' }, as('bob'));
    call.finish();
    const [canceled, stopped] = await watched.take(2);
    expect(canceled).toMatchObject({
      kind: 'CANCELED',
      actor: 'bob',
      reason: 'wrong one',
      revision: 4n,
      snapshot: { phase: Run_Phase.CANCELED, stopping: true, canceledBy: 'bob' },
    });
    expect(stopped).toMatchObject({ kind: 'STOPPED', revision: 5n, snapshot: { stopping: false } });
  });
});

describe('WatchRuns tells every change once, in order', () => {
  it('the whole life of a run, revision by revision, step by step', async () => {
    const grpc = await startGrpc();
    await grpc.register('machine-1', GATED);
    await grpc.register('machine-0', GATED);
    await grpc.start('machine-0');
    const hold = await grpc.gated.next();
    const watched = watchingRuns(grpc);
    await watched.next();
    await grpc.start('machine-1');
    (await grpc.gated.next()).finish();
    const events = await watched.until(({ kind }) => kind === 'SUCCEEDED');
    hold.finish();
    expect(events.map(({ kind, revision, step, attempt }) => [kind, revision, step, attempt])).toEqual([
      ['ACCEPTED', 1n, '', 0],
      ['STARTED', 2n, '', 0],
      ['ATTEMPT_STARTED', 3n, 'reboot', 1],
      ['STEP_SUCCEEDED', 4n, 'reboot', 1],
      ['SUCCEEDED', 5n, '', 0],
    ]);
    expect(events.map(({ snapshot }) => snapshot?.phase)).toEqual([
      Run_Phase.PENDING,
      Run_Phase.RUNNING,
      Run_Phase.RUNNING,
      Run_Phase.RUNNING,
      Run_Phase.SUCCEEDED,
    ]);
    expect(new Set(events.map(({ cursor }) => cursor)).size).toBe(5);
  });

  it('a change that takes a run out of the filter is LEFT, and what is not in it is not told', async () => {
    const grpc = await startGrpc();
    for (const id of ['machine-1', 'machine-2']) await grpc.register(id, GATED);
    await grpc.start('machine-1');
    const first = await grpc.gated.next();
    const watched = watchingRuns(grpc, 'phase=RUNNING');
    expect((await watched.next()).snapshot?.machineId).toBe('machine-1');
    await grpc.start('machine-2');
    const second = await grpc.gated.next();
    first.finish();
    second.finish();
    const seen: string[] = [];
    for (let left = 0; left < 2; ) {
      const { kind, snapshot } = await watched.next();
      seen.push(`${snapshot?.machineId} ${kind} ${nameOf(Run_PhaseSchema, snapshot?.phase)}`);
      if (kind === 'LEFT') left += 1;
    }
    expect(seen.filter((line) => line.startsWith('machine-2'))).toEqual([
      'machine-2 STARTED RUNNING',
      'machine-2 ATTEMPT_STARTED RUNNING',
      'machine-2 STEP_SUCCEEDED RUNNING',
      'machine-2 LEFT SUCCEEDED',
    ]);
    expect(seen.filter((line) => line.startsWith('machine-1'))).toEqual([
      'machine-1 STEP_SUCCEEDED RUNNING',
      'machine-1 LEFT SUCCEEDED',
    ]);
  });

  it('resumes right after any cursor, without a snapshot', async () => {
    const grpc = await startGrpc();
    await grpc.register('machine-1', GATED);
    const { runId } = await grpc.start('machine-1', { planId: 'rma' });
    const watched = watchingRuns(grpc, `run_id=${runId}`);
    const opening = await watched.next();
    for (let step = 0; step < 3; step += 1) (await grpc.gated.next()).finish();
    const events = await watched.until(({ kind }) => kind === 'SUCCEEDED');
    for (const [index, { cursor }] of [opening, ...events].entries()) {
      if (index === events.length) break;
      const rest = await watchingRuns(grpc, '', cursor).take(events.length - index);
      expect(rest).toEqual(events.slice(index));
    }
  });

  it('a reader that does not read while 100 machines are repaved misses nothing and doubles nothing', async () => {
    const grpc = await startGrpc();
    const ids = Array.from({ length: 100 }, (_, n) => `machine-${n}`);
    await Promise.all(
      ids.map((id) => grpc.register(id, { spec: { provider: 'fake', targetCluster: { clusterId: 'prod-a' } } })),
    );
    await grpc.register('machine-held', GATED);
    await grpc.start('machine-held');
    const slow = watchingRuns(grpc);
    await slow.next();
    const started = await Promise.all(ids.map((id) => grpc.start(id, { planId: 'repave-join' })));
    // The slow one is held back by its own window meanwhile: what is to come is more than that takes.
    const runs = await Promise.all(started.map(({ runId }) => grpc.ended(runId)));
    for (const run of runs) expect(run.phase).toBe(Run_Phase.SUCCEEDED);
    const revisions = new Map<string, bigint[]>();
    for (let over = 0; over < runs.length; ) {
      const { snapshot, revision, kind } = await slow.next();
      const runId = snapshot?.runId ?? '';
      if (snapshot?.machineId === 'machine-held') continue;
      revisions.set(runId, [...(revisions.get(runId) ?? []), revision]);
      if (kind === 'SUCCEEDED') over += 1;
    }
    expect([...revisions.keys()].sort()).toEqual(runs.map(({ runId }) => runId).sort());
    for (const seen of revisions.values()) expect(seen).toEqual(seen.map((_, index) => BigInt(index + 1)));
    const last = revisions.get(runs[0]?.runId ?? '')?.length;
    expect(last).toBe(13);
  });

  it('gives many watchers the same messages', async () => {
    const grpc = await startGrpc();
    await grpc.register('machine-1', GATED);
    const { runId } = await grpc.start('machine-1');
    const call = await grpc.gated.next();
    const watchers = Array.from({ length: 5 }, () => watchingRuns(grpc, `run_id=${runId}`));
    for (const watcher of watchers) await watcher.next();
    call.finish();
    const told = await Promise.all(watchers.map((watcher) => watcher.take(2)));
    for (const events of told) expect(events).toEqual(told[0]);
  });
});

describe('WatchRuns and progress', () => {
  it('tells progress with the cursor and revision of the last event, and does not replay it', async () => {
    const grpc = await startGrpc();
    await grpc.register('machine-1', GATED);
    const { runId } = await grpc.start('machine-1');
    const call = await grpc.gated.next();
    const abort = new AbortController();
    const stream = grpc.runs.watchRuns({ filter: `run_id=${runId}` }, { signal: abort.signal });
    const { value: opening } = await stream.next();
    call.progress(2, 3, 'stages', 'power on');
    const { value: progress } = await stream.next();
    expect(progress).toMatchObject({
      kind: 'PROGRESS',
      cursor: opening?.cursor,
      revision: opening?.revision,
      step: 'reboot',
      snapshot: { steps: [{ progress: { current: 2, total: 3, unit: 'stages', note: 'power on' } }] },
    });
    abort.abort();
    const late = await watchingRuns(grpc, `run_id=${runId}`).next();
    expect(late.snapshot?.steps[0]?.progress).toMatchObject({ current: 2 });
    call.finish();
    const rest = await watchingRuns(grpc, '', progress?.cursor).take(2);
    expect(rest.map(({ kind }) => kind)).toEqual(['STEP_SUCCEEDED', 'SUCCEEDED']);
    expect(rest[0]?.snapshot?.steps[0]?.progress).toBeUndefined();
  });
});

describe('a watch is refused', () => {
  it('for a filter that is wrong, pointing at the column', async () => {
    const { runs, machines } = await startGrpc();
    for (const call of [runs.watchRuns({ filter: 'colour=red' }), machines.watchMachines({ filter: 'colour=red' })]) {
      expect(await refusal(call)).toMatchObject({
        codeName: 'INVALID_ARGUMENT',
        fieldViolations: [{ field: 'filter', description: expect.stringContaining('column 1') }],
      });
    }
  });

  it('for a cursor that is none, and for one that retention has passed', async () => {
    const grpc = await startGrpc({ limits: { events: 5 } });
    const { runs, machines } = grpc;
    for (const call of [runs.watchRuns({ afterCursor: 'x' }), machines.watchMachines({ afterCursor: 'x' })]) {
      expect(await refusal(call)).toMatchObject({
        codeName: 'INVALID_ARGUMENT',
        fieldViolations: [{ field: 'after_cursor' }],
      });
    }
    const other = await startGrpc();
    await other.register('machine-1');
    const { cursor } = await watchingMachines(other).next();
    const told = await refusal(runs.watchRuns({ afterCursor: cursor }));
    expect(told).toMatchObject({ codeName: 'OUT_OF_RANGE', reason: 'CURSOR_EXPIRED' });
    expect(told.message).toContain('without a cursor');
  });
});
