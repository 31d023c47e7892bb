import { describe, expect, it } from 'vitest';
import { DONE, EngineBench, FAILED } from '../../../test/support/engine-bench.ts';
import { settle } from '../../../test/support/virtual-clock.ts';
import type { Step } from '../domain/plan.ts';
import { aPlanOf } from '../domain/testing.ts';

/** A run of these steps on a machine; `failing` are the names of those whose calls fail. */
async function started(steps: readonly Partial<Step>[], failing: readonly string[] = []) {
  const bench = new EngineBench();
  await bench.register('m1');
  bench.engine.start();
  bench.provider.rule = ({ step }) => (failing.includes(step.name) ? { ...FAILED, terminal: true } : DONE);
  const runId = await bench.start('m1', aPlanOf(...steps));
  if (typeof runId !== 'string') throw new Error(runId.message);
  await settle();
  return { bench, runId };
}

/** The steps that a provider was called for, in order. */
function called(bench: EngineBench): readonly string[] {
  return bench.provider.journal.map(({ step }) => step);
}

describe('steps that may fail', () => {
  it('do not keep the run from going on', async () => {
    const { bench, runId } = await started([{}, { onFailure: 'continue' }, {}], ['step-1']);
    expect(called(bench)).toEqual(['step-0', 'step-1', 'step-2']);
    const run = await bench.run(runId);
    expect(run.phase).toBe('SUCCEEDED');
    expect(run.steps.map(({ state }) => state)).toEqual(['SUCCEEDED', 'FAILED', 'SUCCEEDED']);
  });
});

describe('steps that are always done', () => {
  it('are done after a failure, in order and with retries of their own; then the run has failed', async () => {
    const { bench, runId } = await started([{}, {}, { always: true }, {}, { always: true }], ['step-0']);
    expect(called(bench)).toEqual(['step-0', 'step-2', 'step-4']);
    expect(await bench.run(runId)).toMatchObject({ phase: 'FAILED', error: { details: { step: 'step-0' } } });
    expect(await bench.machine('m1')).toMatchObject({ phase: 'MAINTENANCE', activeRunId: null });
    expect(bench.engine.active()).toBe(0);
  });

  it('are gone on with by the next server, after a crash in the midst of them', async () => {
    const { bench, runId } = await started([{}, { always: true }, { always: true }], ['step-0']);
    expect((await bench.run(runId)).phase).toBe('FAILED');
    bench.provider.rule = ({ step }) => (step.name === 'step-0' ? { ...FAILED, terminal: true } : undefined);
    const again = await bench.start('m1', aPlanOf({}, { always: true }, { always: true }), { acknowledge: true });
    if (typeof again !== 'string') throw new Error(again.message);
    expect((await bench.run(again)).failure).not.toBeNull();
    const stopped = bench.engine.stop(0);
    await bench.clock.advance(10_000);
    await stopped;
    bench.provider.pending.splice(0);
    bench.provider.rule = () => DONE;
    bench.newEngine().start();
    await bench.clock.advance(1_000);
    expect(await bench.run(again)).toMatchObject({ phase: 'FAILED', error: { details: { step: 'step-0' } } });
    expect((await bench.run(again)).steps.map(({ state }) => state)).toEqual(['FAILED', 'SUCCEEDED', 'SUCCEEDED']);
  });

  it('are left undone after a cancel', async () => {
    const { bench, runId } = await started([{ hold: 'now?' }, { always: true }]);
    expect(await bench.cancel(runId)).toMatchObject({ phase: 'CANCELED', stopping: false });
    await bench.clock.advance(60_000);
    expect(called(bench)).toEqual([]);
  });
});

describe('steps that wait for a person', () => {
  it('hold no worker, for as long as it takes, and begin when somebody says so', async () => {
    const { bench, runId } = await started([{}, { hold: 'Is the rack free?' }, {}]);
    expect(called(bench)).toEqual(['step-0']);
    expect(bench.engine.active()).toBe(0);
    expect((await bench.run(runId)).steps[1]).toMatchObject({ state: 'WAITING', heldSince: bench.clock.now() });
    await bench.clock.advance(86_400_000);
    expect(called(bench)).toEqual(['step-0']);
    await bench.approve(runId, 'step-1');
    await settle();
    expect(called(bench)).toEqual(['step-0', 'step-1', 'step-2']);
    expect(await bench.run(runId)).toMatchObject({ phase: 'SUCCEEDED' });
    expect((await bench.run(runId)).steps[1]?.approval).toMatchObject({ actor: 'tester', reason: 'test' });
  });

  it('wait on after the server is another one', async () => {
    const { bench, runId } = await started([{ hold: 'now?' }]);
    await bench.engine.stop(0);
    const engine = bench.newEngine();
    engine.start();
    await bench.clock.advance(60_000);
    expect(called(bench)).toEqual([]);
    expect(engine.active()).toBe(0);
    await bench.approve(runId, 'step-0');
    await settle();
    expect((await bench.run(runId)).phase).toBe('SUCCEEDED');
  });
});
