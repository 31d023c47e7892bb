import { beforeEach, expect, it, vi } from 'vitest';
import { ioDouble } from '../../src/cli/output/io-double.ts';
import { runProgram } from '../../src/cli/program.ts';
import { isTerminal } from '../../src/core/domain/run.ts';
import type { Clock } from '../../src/core/ports/clock.ts';
import type { StepOutcome } from '../../src/core/ports/provider.ts';
import { systemClock } from '../../src/server/clock.ts';
import type { RunEvent } from '../../src/wire/gen/baremetal/v1/event_pb.ts';
import type { WaitingFor } from '../../src/wire/gen/baremetal/v1/waiting_pb.ts';
import { WaitingFor_Kind, WaitingFor_KindSchema } from '../../src/wire/gen/baremetal/v1/waiting_pb.ts';
import type { GatedCall } from '../support/gated-provider.ts';
import type { Grpc } from '../support/grpc.ts';
import { nameOf, startGrpc, Watched } from '../support/grpc.ts';

const GATED = { spec: { provider: 'gated' } };
const BROKEN: StepOutcome = { kind: 'failed', terminal: false, code: 'BROKEN', message: 'it broke' };
const DEAD: StepOutcome = { kind: 'failed', terminal: true, code: 'DEAD', message: 'it is dead' };

/** What `explain` begins its last sentence with for each kind of waiting, as far as these runs come to them. */
const SENTENCES: Readonly<Record<string, RegExp>> = {
  none: /^It waits for nothing\.$/,
  PROVIDER:
    /^It waits for the provider to finish (?:reboot|second), attempt \d of \d, for .* so far, and at most .* more\.$/,
  BACK_OFF: /^It waits for attempt \d of \d of reboot, because .*it broke.*, which comes in .*\.$/,
  SLOT: /^It waits for a server with room for it, for .* so far\.$/,
  STOPPING: /^It waits for the last call of run [0-9a-z]{16} to return, in reboot, for .* so far\.$/,
  APPROVAL: /^It waits for .*Is the rack free\?.*, for .* so far\.$/,
  INTERVENTION: /^It waits for somebody to look: .*, for .* so far\.$/,
};

/** The word for what is waited for: `PROVIDER` …, or `none`. */
const kindOf = (waiting: WaitingFor | undefined) =>
  waiting === undefined ? 'none' : nameOf(WaitingFor_KindSchema, waiting.kind).replace('KIND_', '');

/** Time that stands still, a while ahead, so that no back-off and no deadline passes while a test looks at it; timers run. */
const STANDING: Clock = { ...systemClock, now: () => AHEAD };
const AHEAD = Date.now() + 3_600_000;

/** A fleet of three under a server that carries out one run at a time, and what its engine and its hardware really do. */
class Floor {
  readonly grpc: Grpc;
  readonly #open = new Map<string, GatedCall>();

  constructor(grpc: Grpc) {
    this.grpc = grpc;
  }

  /** Resolves once the next call to the hardware is under way. */
  async called(): Promise<GatedCall> {
    const call = await this.grpc.gated.next();
    this.#open.set(call.runId, call);
    return call;
  }

  /** Lets the run's call return. */
  finish(runId: string, outcome?: StepOutcome): void {
    this.#open.get(runId)?.finish(outcome);
    this.#open.delete(runId);
  }

  /** What the run waits for, read off the hardware's calls and the engine's leases and times, and not off what it is said to be. */
  async truth(runId: string): Promise<string> {
    const call = this.#open.get(runId);
    if (call !== undefined) return call.signal.aborted ? 'STOPPING' : 'PROVIDER';
    const row = await this.grpc.store.run(runId);
    if (row === null || isTerminal(row.run.phase)) return 'none';
    const next = row.run.steps.find(({ state }) => state === 'WAITING' || state === 'RUNNING');
    const { nextRetryAt = null, heldSince = null } = next ?? {};
    if (heldSince !== null) return 'APPROVAL';
    if (nextRetryAt !== null && nextRetryAt > STANDING.now()) return 'BACK_OFF';
    return row.owner === null ? 'SLOT' : 'none';
  }

  /** Makes sure that everybody who can be asked says the truth about a run, and that it is what this moment was made for. */
  async expectAll(runId: string, machineId: string, kind: string, ofMachine = kind) {
    const { runs, machines } = this.grpc;
    expect(await this.truth(runId)).toBe(kind);
    const run = await runs.getRun({ runId });
    expect(kindOf(run.waitingFor)).toBe(kind);
    const [listed] = (await runs.listRuns({ filter: `run_id=${runId}` })).runs;
    expect(listed?.waitingFor).toEqual(run.waitingFor);
    const machine = await machines.getMachine({ machineId });
    expect(kindOf(machine.status?.waitingFor)).toBe(ofMachine);
    const told = await this.explain(machineId);
    expect(told.sentences.at(-1)).toMatch(SENTENCES[ofMachine] ?? expect.unreachable());
    return told;
  }

  async explain(id: string): Promise<{ sentences: string[]; unblock: { command: string }[] }> {
    const io = ioDouble({ env: { BMDEMO_SERVER: this.grpc.address } });
    expect(await runProgram(['explain', id, '-o', 'json'], io)).toBe(0);
    return JSON.parse(io.written.out);
  }

  /** Types the first command that `explain` advises, a reason filled in. */
  async follow({ unblock }: { unblock: { command: string }[] }, beginning: string): Promise<void> {
    const command = unblock.map((way) => way.command).find((one) => one.startsWith(beginning));
    const words = (command ?? expect.unreachable()).split(' ').slice(1);
    const io = ioDouble({ env: { BMDEMO_SERVER: this.grpc.address } });
    expect(await runProgram(words, io), io.written.err).toBe(0);
  }
}

/** What a run waits for right after each kind of event, as the engine's rules have it. */
function expectedAfter({ kind, snapshot }: RunEvent): string {
  switch (kind) {
    case 'ATTEMPT_STARTED':
      return 'PROVIDER';
    case 'ATTEMPT_FAILED':
      return 'BACK_OFF';
    case 'STEP_HELD':
      return 'APPROVAL';
    case 'CANCELED':
    case 'FAILED':
      return snapshot?.stopping ? 'STOPPING' : 'none';
    default:
      return 'none';
  }
}

// The jitter of a back-off may draw nothing at all, and then there is none.
beforeEach(() => {
  const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
  return () => random.mockRestore();
});

/** Every event of runs from now on. */
async function watchFromNow({ events, runs }: Grpc): Promise<Watched> {
  const { cursor } = await events.listEvents({ pageSize: 1, orderBy: 'ts desc' });
  return new Watched((signal) => runs.watchRuns({ afterCursor: cursor }, { signal }));
}

it('says at every moment of runs with faults what the engine really waits for, and what ends it', async () => {
  const grpc = await startGrpc({ maxRuns: 1, clock: STANDING });
  const floor = new Floor(grpc);
  for (const id of ['machine-1', 'machine-2', 'machine-3']) await grpc.register(id, GATED);
  const watched = await watchFromNow(grpc);
  const seen: RunEvent[] = [];
  const until = async (runId: string, kind: string) => {
    const passes = (event: RunEvent) => event.snapshot?.runId === runId && event.kind === kind;
    seen.push(...(await watched.until(passes)));
  };

  // Hang: the call is under way and does not end.
  const { runId: first } = await grpc.start('machine-1');
  await floor.called();
  await until(first, 'ATTEMPT_STARTED');
  await floor.expectAll(first, 'machine-1', 'PROVIDER');

  // Queue: the one place is taken.
  const { runId: second } = await grpc.start('machine-2');
  await until(second, 'ACCEPTED');
  await floor.expectAll(second, 'machine-2', 'SLOT');

  // Retry: the back-off gives the place away; what skips it then waits for a place as well.
  floor.finish(first, BROKEN);
  await floor.called();
  await until(second, 'ATTEMPT_STARTED');
  await floor.expectAll(second, 'machine-2', 'PROVIDER');
  const backOff = await floor.expectAll(first, 'machine-1', 'BACK_OFF');
  await floor.follow(backOff, 'bmdemo retry-now');
  await until(first, 'BACK_OFF_SKIPPED');
  await floor.expectAll(first, 'machine-1', 'SLOT');
  floor.finish(second);
  await floor.called();
  await until(first, 'ATTEMPT_STARTED');
  await floor.expectAll(first, 'machine-1', 'PROVIDER');
  await floor.expectAll(second, 'machine-2', 'none');

  // Stop: the run has ended, its call has not.
  await grpc.runs.cancelRun({ runId: first });
  await until(first, 'CANCELED');
  const stopping = await floor.expectAll(first, 'machine-1', 'STOPPING');
  expect(stopping.unblock[0]?.command).toBe('bmdemo resolve machine-1 --release-stuck --reason TEXT');
  floor.finish(first);
  await until(first, 'STOPPED');
  const looked = await floor.expectAll(first, 'machine-1', 'none', 'INTERVENTION');
  await floor.follow(looked, 'bmdemo resolve');
  await floor.expectAll(first, 'machine-1', 'none');

  // Fail, and a stop that only a person can end.
  const { runId: third } = await grpc.start('machine-3');
  await floor.called();
  floor.finish(third, DEAD);
  await until(third, 'FAILED');
  await floor.expectAll(third, 'machine-3', 'none', 'INTERVENTION');
  const { runId: fourth } = await grpc.start('machine-2', { requestId: 'again' });
  await floor.called();
  await grpc.runs.cancelRun({ runId: fourth });
  await until(fourth, 'CANCELED');
  await floor.follow(await floor.expectAll(fourth, 'machine-2', 'STOPPING'), 'bmdemo resolve');
  await until(fourth, 'STOPPED');
  expect((await grpc.machines.getMachine({ machineId: 'machine-2' })).status?.waitingFor).toBeUndefined();

  floor.finish(fourth);

  // Hold: the step waits for a person, and the run for a place once it is approved.
  const reboot = { kind: { case: 'reboot' as const, value: {} } };
  const steps = [
    { name: 'reboot', ...reboot },
    { name: 'second', ...reboot, hold: { prompt: 'Is the rack free?' } },
  ];
  const source = { form: { case: 'plan' as const, value: { planId: 'careful', steps } } };
  await grpc.plans.createPlan({ source, requestId: 'p', reason: 'test' });
  const { runId: fifth } = await grpc.start('machine-1', { planId: 'careful', requestId: 'careful' });
  await floor.called();
  floor.finish(fifth);
  await until(fifth, 'STEP_HELD');
  const held = await floor.expectAll(fifth, 'machine-1', 'APPROVAL');
  const { runId: sixth } = await grpc.start('machine-2', { requestId: 'meanwhile' });
  await floor.called();
  await floor.follow(held, 'bmdemo approve');
  await until(fifth, 'STEP_APPROVED');
  await floor.expectAll(fifth, 'machine-1', 'SLOT');
  floor.finish(sixth);
  await floor.called();
  await until(fifth, 'ATTEMPT_STARTED');
  await floor.expectAll(fifth, 'machine-1', 'PROVIDER');
  floor.finish(fifth);
  await until(fifth, 'SUCCEEDED');
  await floor.expectAll(fifth, 'machine-1', 'none');

  // And each event told it, as of the moment that it is of.
  expect(seen.map((event) => `${event.kind} ${kindOf(event.snapshot?.waitingFor)}`)).toEqual(
    seen.map((event) => `${event.kind} ${expectedAfter(event)}`),
  );
  expect(new Set(seen.map(({ kind }) => kind))).toEqual(
    new Set([
      'ACCEPTED',
      'STARTED',
      'ATTEMPT_STARTED',
      'ATTEMPT_FAILED',
      'BACK_OFF_SKIPPED',
      'STEP_SUCCEEDED',
      'SUCCEEDED',
      'CANCELED',
      'STOPPED',
      'FAILED',
      'STEP_HELD',
      'STEP_APPROVED',
    ]),
  );
});

it('counts from the same moment as the engine: the deadline of the call, the time of the next attempt', async () => {
  const grpc = await startGrpc({ clock: STANDING });
  const floor = new Floor(grpc);
  await grpc.register('machine-1', GATED);
  const watched = await watchFromNow(grpc);
  const { runId } = await grpc.start('machine-1');
  await floor.called();
  const called = await grpc.runs.getRun({ runId });
  expect(called.waitingFor).toMatchObject({ kind: WaitingFor_Kind.PROVIDER, step: 'reboot', attempt: 1 });
  expect(called.waitingFor?.until).toEqual(called.steps[0]?.deadline);
  expect(called.server).not.toBe('');
  floor.finish(runId, BROKEN);
  const failed = (await watched.until(({ kind }) => kind === 'ATTEMPT_FAILED')).at(-1)?.snapshot;
  expect(failed?.waitingFor).toMatchObject({ kind: WaitingFor_Kind.BACK_OFF, attempt: 2, runId });
  expect(failed?.waitingFor?.until).toEqual(failed?.steps[0]?.nextRetryAt);
});
