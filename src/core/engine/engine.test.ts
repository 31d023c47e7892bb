import { describe, expect, it } from 'vitest';
import { DONE, EngineBench, FAILED } from '../../../test/support/engine-bench.ts';
import { settle } from '../../../test/support/virtual-clock.ts';
import { hasCondition } from '../domain/condition.ts';
import type { Plan, Step, StepAction } from '../domain/plan.ts';
import { PLAIN_STEP } from '../domain/plan.ts';
import { DEFAULT_RETRY } from '../domain/retry.ts';
import { isTerminal } from '../domain/run.ts';
import type { Hint } from '../ports/store.ts';
import { GRACE_MS } from './run-driver.ts';

const step = (name: string, action: StepAction, timeoutSeconds = 60, maxRetries = 1): Step => ({
  name,
  action,
  timeoutSeconds,
  maxRetries,
  retry: DEFAULT_RETRY,
  ...PLAIN_STEP,
});

const planOf = (...steps: readonly Step[]): Plan => ({
  id: 'plan/test',
  version: 1,
  displayName: 'Test',
  description: '',
  builtIn: false,
  createdAt: 0,
  createdBy: 'tester',
  params: [],
  steps,
});

async function startedBench(maxRuns = 1_000): Promise<EngineBench> {
  const bench = new EngineBench(undefined, maxRuns);
  await bench.register('m1');
  bench.engine.start();
  return bench;
}

const idOf = (answer: unknown): string => {
  expect(answer).toBeTypeOf('string');
  return answer as string;
};

describe('a run that goes well', () => {
  it('does the steps in order and leaves the machine in service', async () => {
    const bench = await startedBench();
    bench.provider.rule = () => DONE;
    const head = await bench.store.head();
    const runId = idOf(await bench.start('m1', 'repave-join'));
    await bench.clock.advance(1_000);
    const run = await bench.run(runId);
    expect(run.phase).toBe('SUCCEEDED');
    expect(run.steps.map((one) => one.state)).toEqual(Array(5).fill('SUCCEEDED'));
    expect(bench.provider.journal.map((call) => call.step)).toEqual(run.steps.map((one) => one.name));
    expect((await bench.machine('m1')).phase).toBe('IN_SERVICE');
    const phases = (await bench.events(head)).flatMap((event) => ('spec' in event.after ? [event.after.phase] : []));
    expect([...new Set(phases)]).toEqual(['PROVISIONING', 'READY', 'IN_SERVICE']);
    expect(bench.engine.active()).toBe(0);
  });

  it('writes thirteen events of the run for five steps: accepted, started, two a step, ended', async () => {
    const bench = await startedBench();
    bench.provider.rule = () => DONE;
    const head = await bench.store.head();
    const runId = idOf(await bench.start('m1', 'repave-join'));
    await bench.clock.advance(1_000);
    const ofRun = (await bench.events(head)).filter((event) => event.runId === runId);
    expect(ofRun.map((event) => event.revision)).toEqual(Array.from({ length: 13 }, (_, at) => at + 1));
  });

  it('has every line of a step in the log before the outcome of the step', async () => {
    const bench = await startedBench();
    let seen = -1;
    bench.provider.rule = (call) => {
      call.log('stdout', 'one\ntwo');
      return DONE;
    };
    bench.store.subscribe((hint) => {
      if (hint.logs) seen = hint.logs.length;
    });
    const runId = idOf(await bench.start('m1', 'reboot'));
    await settle();
    await settle();
    expect((await bench.run(runId)).phase).toBe('SUCCEEDED');
    expect(seen).toBe(1);
    const lines = await bench.store.logs(runId, 0, 10);
    expect(lines.map((line) => new TextDecoder().decode(line.data))).toEqual(['one', 'two']);
  });
});

describe('retries', () => {
  it('waits in back-off without a worker, visibly, and counts the retries', async () => {
    const bench = await startedBench();
    let attempts = 0;
    bench.provider.rule = () => {
      attempts += 1;
      return attempts <= 2 ? FAILED : DONE;
    };
    const runId = idOf(await bench.start('m1', planOf(step('flaky', { kind: 'reboot', force: false }, 60, 3))));
    await settle();
    const waiting = await bench.run(runId);
    expect(waiting.phase).toBe('RUNNING');
    expect(waiting.steps[0]?.nextRetryAt).toBe(bench.clock.now() + 500);
    expect(bench.engine.active()).toBe(0);
    await bench.clock.advance(500 + 1_000);
    const run = await bench.run(runId);
    expect(run.phase).toBe('SUCCEEDED');
    expect(run.steps[0]?.attempt).toBe(3);
  });

  it('fails after 1 + max_retries attempts and says which step and what error', async () => {
    const bench = await startedBench();
    bench.provider.rule = () => FAILED;
    const runId = idOf(await bench.start('m1', planOf(step('verify', { kind: 'reboot', force: false }, 60, 3))));
    await bench.clock.advance(3_600_000);
    const run = await bench.run(runId);
    expect(run.phase).toBe('FAILED');
    expect(bench.provider.journal).toHaveLength(4);
    expect(run.error).toMatchObject({ code: 'STEP_FAILED', message: expect.stringContaining('verify: it broke') });
    const machine = await bench.machine('m1');
    expect(machine.phase).toBe('MAINTENANCE');
    const need = machine.conditions.find((condition) => condition.type === 'NeedsIntervention');
    expect(need).toMatchObject({ status: true, message: expect.stringContaining('verify: it broke') });
  });

  it('never retries a terminal failure', async () => {
    const bench = await startedBench();
    bench.provider.rule = () => ({ ...FAILED, terminal: true });
    const runId = idOf(await bench.start('m1', 'reboot'));
    await bench.clock.advance(60_000);
    expect((await bench.run(runId)).phase).toBe('FAILED');
    expect(bench.provider.journal).toHaveLength(1);
  });

  it.each([
    [
      'throws an error',
      () => () => {
        throw new Error('boom');
      },
      'boom',
    ],
    [
      'throws nothing at all',
      () => () => {
        throw undefined;
      },
      'undefined',
    ],
    ['answers with a number', () => 42, 'no outcome'],
    ['answers with null', () => null, 'no outcome'],
  ])('takes a provider that %s for one failed attempt', async (_, rule, told) => {
    const bench = await startedBench();
    bench.provider.rule = rule;
    const runId = idOf(await bench.start('m1', 'reboot'));
    await bench.clock.advance(60_000);
    const run = await bench.run(runId);
    expect(run.phase).toBe('FAILED');
    expect(run.error?.message).toContain(told);
    expect(bench.provider.journal).toHaveLength(2);
  });

  it('keeps neither control characters nor nonsense codes of a provider', async () => {
    const bench = await startedBench();
    bench.provider.rule = () => ({
      kind: 'failed',
      terminal: true,
      code: 'x'.repeat(5_000),
      message: 'a\u001b[2Jb\nc',
    });
    const runId = idOf(await bench.start('m1', 'reboot'));
    await settle();
    const { error } = await bench.run(runId);
    expect(error?.message).toBe('reboot: a [2Jb c');
    expect(error?.details).toMatchObject({ code: 'FAILED' });
  });

  it('runs an hour of retries in no time', async () => {
    const bench = await startedBench();
    bench.random = 1;
    bench.provider.rule = () => FAILED;
    const patient: Step = {
      ...step('patient', { kind: 'reboot', force: false }, 60, 20),
      retry: { initialMs: 180_000, multiplier: 1, capMs: 180_000, jitter: false },
    };
    const runId = idOf(await bench.start('m1', planOf(patient)));
    await bench.clock.advance(3_600_000 - 1);
    expect((await bench.run(runId)).phase).toBe('RUNNING');
    await bench.clock.advance(1);
    expect((await bench.run(runId)).phase).toBe('FAILED');
  });
});

describe('timeouts', () => {
  it('aborts a call that is out of time and retries it once it has returned', async () => {
    const bench = await startedBench();
    const runId = idOf(await bench.start('m1', planOf(step('slow', { kind: 'netboot', profile: 'x' }, 10))));
    await bench.clock.advance(10_000);
    expect(bench.provider.pending[0]?.call.signal.aborted).toBe(true);
    await bench.end(FAILED);
    const run = await bench.run(runId);
    expect(run.phase).toBe('RUNNING');
    expect(run.steps[0]?.message).toContain('timed out');
    await bench.clock.advance(1_000);
    await bench.end(DONE);
    expect((await bench.run(runId)).phase).toBe('SUCCEEDED');
  });

  it('fails with STEP_STUCK and holds the machine when the call does not return, until it has', async () => {
    const bench = await startedBench();
    const runId = idOf(await bench.start('m1', planOf(step('deaf', { kind: 'netboot', profile: 'x' }, 10))));
    await bench.clock.advance(10_000 + GRACE_MS);
    const run = await bench.run(runId);
    expect(run).toMatchObject({ phase: 'FAILED', stopping: true, error: { code: 'STEP_STUCK' } });
    expect((await bench.machine('m1')).stoppingRunId).toBe(runId);
    expect(await bench.start('m1', 'reboot', { acknowledge: true })).toMatchObject({ reason: 'STOPPING' });
    bench.provider.pending[0]?.call.log('stdout', 'a last word');
    await bench.end(DONE);
    expect(await bench.run(runId)).toMatchObject({ phase: 'FAILED', stopping: false });
    expect((await bench.machine('m1')).stoppingRunId).toBeNull();
    expect(await bench.store.logs(runId, 0, 10)).toHaveLength(1);
    expect(await bench.start('m1', 'reboot', { acknowledge: true })).toBeTypeOf('string');
    expect(bench.provider.overlap).toBe(1);
  });
});

describe('cancel', () => {
  it('is CANCELED at once; the machine is held until the call has returned', async () => {
    const bench = await startedBench();
    const runId = idOf(await bench.start('m1', 'repave-join'));
    const canceled = await bench.cancel(runId);
    expect(canceled).toMatchObject({ phase: 'CANCELED', stopping: true, canceledBy: 'tester' });
    const held = await bench.machine('m1');
    expect(held).toMatchObject({ phase: 'MAINTENANCE', activeRunId: null, stoppingRunId: runId });
    expect(bench.provider.pending[0]?.call.signal.aborted).toBe(true);
    expect(await bench.start('m1', 'reboot', { acknowledge: true })).toMatchObject({ reason: 'STOPPING' });
    await bench.end(FAILED);
    expect((await bench.machine('m1')).stoppingRunId).toBeNull();
    expect((await bench.run(runId)).phase).toBe('CANCELED');
  });

  it('again changes nothing and makes no event, also while another run is active', async () => {
    const bench = await startedBench();
    const runId = idOf(await bench.start('m1', 'repave-join'));
    await bench.cancel(runId);
    await bench.end(FAILED);
    idOf(await bench.start('m1', 'reboot', { acknowledge: true }));
    const head = await bench.store.head();
    const before = await bench.machine('m1');
    expect(await bench.cancel(runId)).toMatchObject({ phase: 'CANCELED' });
    expect(await bench.events(head)).toEqual([]);
    expect(await bench.machine('m1')).toBe(before);
  });

  it('of a run in back-off holds nothing', async () => {
    const bench = await startedBench();
    bench.provider.rule = () => FAILED;
    const runId = idOf(await bench.start('m1', 'repave-join'));
    await settle();
    expect((await bench.run(runId)).steps[0]?.nextRetryAt).not.toBeNull();
    expect(await bench.cancel(runId)).toMatchObject({ phase: 'CANCELED', stopping: false });
    expect((await bench.machine('m1')).stoppingRunId).toBeNull();
    await bench.clock.advance(60_000);
    expect(bench.provider.journal).toHaveLength(1);
  });

  it('of a run that is not begun yet makes no call', async () => {
    const bench = new EngineBench();
    await bench.register('m1');
    const runId = idOf(await bench.start('m1', 'reboot'));
    await bench.cancel(runId);
    bench.engine.start();
    await bench.clock.advance(60_000);
    expect(bench.provider.journal).toEqual([]);
    expect(await bench.run(runId)).toMatchObject({ phase: 'CANCELED', stopping: false });
  });
});

describe('an outcome that is not known', () => {
  const reboot = planOf(step('reboot', { kind: 'reboot', force: false }));

  it('is probed before anything is tried again; done is done', async () => {
    const bench = await startedBench();
    bench.provider.rule = (_, probe) =>
      probe ? { kind: 'done', message: 'it is up' } : { kind: 'unknown', message: '?' };
    const runId = idOf(await bench.start('m1', reboot));
    await settle();
    expect((await bench.run(runId)).phase).toBe('SUCCEEDED');
    expect(bench.provider.journal.map((call) => call.probe)).toEqual([false, true]);
  });

  it('is tried again when the probe says that it was not done', async () => {
    const bench = await startedBench();
    let calls = 0;
    bench.provider.rule = (_, probe) => {
      calls += 1;
      if (probe) return { kind: 'not-done', message: 'still the old boot' };
      return calls === 1 ? { kind: 'unknown', message: '?' } : DONE;
    };
    const runId = idOf(await bench.start('m1', reboot));
    await bench.clock.advance(2_000);
    expect((await bench.run(runId)).phase).toBe('SUCCEEDED');
    expect(bench.provider.journal.map((call) => [call.attempt, call.probe])).toEqual([
      [1, false],
      [1, true],
      [2, false],
    ]);
  });

  it('fails the run when the hardware cannot tell', async () => {
    const bench = await startedBench();
    bench.provider.rule = (_, probe) =>
      probe ? { kind: 'cannot-tell', message: 'no BMC' } : { kind: 'unknown', message: '?' };
    const runId = idOf(await bench.start('m1', reboot));
    await settle();
    expect(await bench.run(runId)).toMatchObject({ phase: 'FAILED', error: { code: 'OUTCOME_UNKNOWN' } });
  });
});

describe('stopping a server', () => {
  it('waits for calls, begins no other, and gives its runs back', async () => {
    const bench = await startedBench();
    const runId = idOf(await bench.start('m1', 'repave-join'));
    const stopped = bench.engine.stop(3_000);
    await bench.end(DONE);
    expect(await stopped).toEqual({ interrupted: 0 });
    expect(bench.provider.journal).toHaveLength(1);
    bench.provider.rule = () => DONE;
    bench.newEngine().start();
    await bench.clock.advance(1_000);
    expect((await bench.run(runId)).phase).toBe('SUCCEEDED');
    expect(bench.provider.journal.map((call) => call.step)[1]).toBe('reboot-to-netboot');
  });

  it('aborts calls that take longer and records them as interrupted, without using up a retry', async () => {
    const bench = await startedBench();
    const runId = idOf(
      await bench.start('m1', planOf(step('image', { kind: 'repave', imageRef: 'x', cloudInitRef: '' }, 60, 0))),
    );
    const stopped = bench.engine.stop(3_000);
    await bench.clock.advance(3_000);
    expect(bench.provider.pending[0]?.call.signal.aborted).toBe(true);
    await bench.end(FAILED);
    expect(await stopped).toEqual({ interrupted: 1 });
    expect(await bench.run(runId)).toMatchObject({ phase: 'RUNNING', steps: [{ interruptions: 1, attempt: 1 }] });
    bench.provider.rule = () => DONE;
    bench.newEngine().start();
    await bench.clock.advance(1_000);
    expect((await bench.run(runId)).phase).toBe('SUCCEEDED');
    expect(bench.provider.journal.map((call) => call.attempt)).toEqual([1, 1]);
  });

  it('goes without a call that does not return at all; the next server records the interruption', async () => {
    const bench = await startedBench();
    const runId = idOf(
      await bench.start('m1', planOf(step('image', { kind: 'repave', imageRef: 'x', cloudInitRef: '' }, 60, 0))),
    );
    const stopped = bench.engine.stop(3_000);
    await bench.clock.advance(10_000);
    expect(await stopped).toEqual({ interrupted: 1 });
    expect((await bench.run(runId)).phase).toBe('RUNNING');
  });
});

describe('capacity', () => {
  it('carries out at most max-runs at once and takes the next as soon as one ends', async () => {
    const bench = await startedBench(2);
    const runs: string[] = [];
    for (const id of ['m2', 'm3', 'm4']) await bench.register(id);
    for (const id of ['m1', 'm2', 'm3', 'm4']) runs.push(idOf(await bench.start(id, 'reboot')));
    expect(bench.provider.pending).toHaveLength(2);
    await bench.end(DONE);
    expect(bench.provider.pending).toHaveLength(2);
    await bench.end(DONE);
    await bench.end(DONE);
    await bench.end(DONE);
    for (const id of runs) expect(isTerminal((await bench.run(id)).phase)).toBe(true);
  });
});

describe('a stalled commit', () => {
  it('announces the attempt again when the announcement took longer than it is good for', async () => {
    const bench = await startedBench();
    const commit = bench.store.commit.bind(bench.store);
    let stall = true;
    bench.store.commit = async (change) => {
      const result = await commit(change);
      if (stall && change.events.some((event) => event.kind === 'ATTEMPT_STARTED')) {
        stall = false;
        await bench.clock.advance(600);
      }
      return result;
    };
    const head = await bench.store.head();
    const runId = idOf(await bench.start('m1', 'reboot'));
    await settle();
    await settle();
    const announced = (await bench.events(head)).filter((event) => event.kind === 'ATTEMPT_STARTED');
    expect(announced).toHaveLength(2);
    expect(bench.provider.journal).toHaveLength(1);
    await bench.end(DONE);
    expect((await bench.run(runId)).phase).toBe('SUCCEEDED');
  });
});

describe('a cancel while an announcement is stalled', () => {
  it('makes no call and holds nothing', async () => {
    const bench = await startedBench();
    const commit = bench.store.commit.bind(bench.store);
    let stall = true;
    bench.store.commit = async (change) => {
      const result = await commit(change);
      if (stall && change.events.some((event) => event.kind === 'ATTEMPT_STARTED')) {
        stall = false;
        await bench.cancel('run-1');
        await bench.clock.advance(600);
      }
      return result;
    };
    const runId = idOf(await bench.start('m1', 'reboot'));
    await settle();
    await settle();
    expect(bench.provider.journal).toEqual([]);
    expect(await bench.run(runId)).toMatchObject({ phase: 'CANCELED', stopping: false });
    expect((await bench.machine('m1')).stoppingRunId).toBeNull();
  });
});

describe('a cancel while it is put on record that a step was cut off too often', () => {
  it('holds nothing for longer', async () => {
    const bench = new EngineBench(undefined, 1);
    await bench.register('m1');
    // Each of them is lost with its call: hints are for the last one.
    let listener: (hint: Hint) => void = () => {};
    bench.store.subscribe((hint) => listener(hint));
    bench.store.subscribe = (last) => {
      listener = last;
      return () => {};
    };
    bench.engine.start();
    const runId = idOf(await bench.start('m1', 'reboot'));
    for (let lost = 1; lost < 3; lost += 1) {
      bench.newEngine().start();
      await bench.clock.advance(100);
      expect(bench.provider.journal).toHaveLength(lost + 1);
    }
    const commit = bench.store.commit.bind(bench.store);
    bench.store.commit = async (change) => {
      bench.store.commit = commit;
      expect(change.runs[0]?.run).toMatchObject({ phase: 'FAILED' });
      await bench.cancel(runId);
      await settle();
      return commit(change);
    };
    bench.newEngine().start();
    await bench.clock.advance(100);
    await settle();
    await settle();
    expect(await bench.run(runId)).toMatchObject({ phase: 'CANCELED', stopping: false });
    expect(bench.provider.journal).toHaveLength(3);
    expect((await bench.machine('m1')).stoppingRunId).toBeNull();
  });
});

/** Keeps the hints of the store from the engine, which is not started yet; gives it those of the test instead. */
function hintsOf(bench: EngineBench): (hint: Hint) => void {
  let listener: (hint: Hint) => void = () => {};
  bench.store.subscribe = (engine) => {
    listener = engine;
    return () => {};
  };
  return (hint) => listener(hint);
}

/** What a store says where its answer is lost. */
function storeIsAway(): Error {
  const error = new Error('gone');
  error.name = 'StoreUnavailable';
  return error;
}

describe('a store that is away', () => {
  it('gives runs to a server whose answer is lost: the server finds them, and carries each out once', async () => {
    const bench = new EngineBench();
    await bench.register('m1');
    const runId = idOf(await bench.start('m1', 'reboot'));
    bench.provider.rule = () => DONE;
    const hint = hintsOf(bench);
    const claim = bench.store.claim.bind(bench.store);
    const late = Promise.withResolvers<Awaited<ReturnType<typeof claim>>>();
    bench.store.claim = async (owner, limit) => {
      bench.store.claim = claim;
      late.resolve(await claim(owner, limit));
      throw storeIsAway();
    };
    bench.engine.start();
    await bench.clock.advance(10_000);
    expect((await late.promise).claims).toHaveLength(1);
    hint({ peers: true });
    await settle();
    expect(bench.provider.journal).toEqual([]);
    hint({ peers: true });
    await settle();
    hint({ peers: true });
    await settle();
    expect((await bench.run(runId)).phase).toBe('SUCCEEDED');
    expect(bench.provider.journal).toHaveLength(1);
  });

  it('gives a server more than it has room for by now: it gives back what is too much', async () => {
    const bench = new EngineBench(undefined, 1);
    await bench.register('m1');
    await bench.register('m2');
    const runs = [idOf(await bench.start('m1', 'reboot')), idOf(await bench.start('m2', 'reboot'))];
    const hint = hintsOf(bench);
    const claim = bench.store.claim.bind(bench.store);
    bench.store.claim = async (owner, limit) => {
      bench.store.claim = claim;
      expect((await claim(owner, limit)).claims).toHaveLength(1);
      throw storeIsAway();
    };
    bench.engine.start();
    await bench.clock.advance(10_000);
    expect(bench.provider.pending).toHaveLength(1);
    for (let look = 0; look < 3; look += 1) {
      hint({ peers: true });
      await settle();
      expect(bench.engine.active()).toBe(1);
    }
    await bench.end(DONE);
    await bench.end(DONE);
    for (const id of runs) expect((await bench.run(id)).phase).toBe('SUCCEEDED');
    expect(bench.provider.journal.map(({ machine }) => machine).toSorted()).toEqual(['m1', 'm2']);
  });

  it('hands a place on in an answer that is lost: who ended the run finds the next one, and carries each out once', async () => {
    const bench = new EngineBench(undefined, 1);
    await bench.register('m1');
    await bench.register('m2');
    const runs = [idOf(await bench.start('m1', 'reboot')), idOf(await bench.start('m2', 'reboot'))];
    bench.provider.rule = () => DONE;
    const hint = hintsOf(bench);
    const commit = bench.store.commit.bind(bench.store);
    bench.store.commit = async (change) => {
      const result = await commit(change);
      if (!change.takesOver || change.runs[0]?.run.phase !== 'SUCCEEDED') return result;
      bench.store.commit = commit;
      expect((await bench.store.claim('server-1', 1)).claims).toMatchObject([{ machineId: 'm2' }]);
      throw storeIsAway();
    };
    bench.engine.start();
    await bench.clock.advance(10_000);
    expect(bench.engine.active()).toBe(0);
    expect((await bench.run(runs[0] as string)).phase).toBe('SUCCEEDED');
    expect((await bench.run(runs[1] as string)).phase).toBe('PENDING');
    hint({ peers: true });
    await settle();
    hint({ peers: true });
    await settle();
    await settle();
    expect((await bench.run(runs[1] as string)).phase).toBe('SUCCEEDED');
    expect(bench.provider.journal.map(({ machine }) => machine)).toEqual(['m1', 'm2']);
  });

  it('hands a place on to a server that is told to stop meanwhile: it makes no call, and others find the run at once', async () => {
    const bench = new EngineBench(undefined, 1);
    await bench.register('m1');
    await bench.register('m2');
    const runs = [idOf(await bench.start('m1', 'reboot')), idOf(await bench.start('m2', 'reboot'))];
    bench.provider.rule = () => DONE;
    const commit = bench.store.commit.bind(bench.store);
    const stopped = Promise.withResolvers<unknown>();
    bench.store.commit = async (change) => {
      const result = await commit(change);
      if (!change.takesOver || change.runs[0]?.run.phase !== 'SUCCEEDED') return result;
      const [next] = (await bench.store.claim('server-1', 1)).claims;
      expect(next?.runId).toBe(runs[1]);
      stopped.resolve(bench.engine.stop(0));
      return { ...result, next } as typeof result;
    };
    bench.engine.start();
    await bench.clock.advance(10_000);
    expect(await stopped.promise).toEqual({ interrupted: 0 });
    expect(bench.provider.journal.map(({ machine }) => machine)).toEqual(['m1']);
    expect((await bench.store.claim('server-2', 1)).claims).toMatchObject([{ runId: runs[1] }]);
  });

  it('gives a server what a run that has ended left behind, in an answer that is lost: the machine is freed all the same', async () => {
    const bench = await startedBench(1);
    const runId = idOf(await bench.start('m1', 'reboot'));
    await bench.cancel(runId);
    const hint = hintsOf(bench);
    const reap = bench.store.reap.bind(bench.store);
    bench.store.reap = async (owner) => {
      bench.store.reap = reap;
      expect(await reap(owner)).toMatchObject([{ runId }]);
      throw storeIsAway();
    };
    bench.newEngine().start();
    await bench.register('m2');
    await bench.clock.advance(10_000);
    await bench.start('m2', 'reboot');
    hint({ due: true });
    await settle();
    expect((await bench.machine('m1')).stoppingRunId).toBe(runId);
    hint({ peers: true });
    await settle();
    hint({ peers: true });
    await settle();
    expect((await bench.machine('m1')).stoppingRunId).toBeNull();
  });

  it('keeps an outcome and writes it when the store is back', async () => {
    const bench = await startedBench();
    const runId = idOf(await bench.start('m1', 'reboot'));
    const commit = bench.store.commit.bind(bench.store);
    let away = 3;
    bench.store.commit = async (change) => {
      away -= 1;
      if (away < 0) return commit(change);
      throw storeIsAway();
    };
    await bench.end(DONE);
    expect((await bench.run(runId)).phase).toBe('RUNNING');
    await bench.clock.advance(10_000);
    expect((await bench.run(runId)).phase).toBe('SUCCEEDED');
    expect(bench.provider.journal).toHaveLength(1);
    expect(hasCondition((await bench.machine('m1')).conditions, 'NeedsIntervention')).toBe(false);
  });
});
