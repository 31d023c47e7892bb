import fc from 'fast-check';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { WayOut } from '../../src/cli/explain/account.ts';
import { sentences, waitingOf, waysOut } from '../../src/cli/explain/account.ts';
import type { AdmissionLimit } from '../../src/core/domain/admission.ts';
import type { EventKind } from '../../src/core/domain/event.ts';
import type { Refusal } from '../../src/core/domain/refusal.ts';
import { isRefusal } from '../../src/core/domain/refusal.ts';
import type { Run } from '../../src/core/domain/run.ts';
import { isTerminal } from '../../src/core/domain/run.ts';
import { aPlanOf } from '../../src/core/domain/testing.ts';
import type { Change, CommitResult, Store } from '../../src/core/ports/store.ts';
import { machineAnswer, machineInList } from '../../src/server/services/machines.ts';
import { runRowToWire } from '../../src/server/services/runs.ts';
import { createMemoryStore } from '../../src/server/stores/memory/store.ts';
import { Hub } from '../../src/server/watch/hub.ts';
import { runPlanOf, runToWire } from '../../src/wire/convert/run.ts';
import type { WaitingFor } from '../../src/wire/gen/baremetal/v1/waiting_pb.ts';
import { WaitingFor_KindSchema } from '../../src/wire/gen/baremetal/v1/waiting_pb.ts';
import { CrashingBench } from '../support/crashing-bench.ts';
import { DONE, EngineBench, FAILED } from '../support/engine-bench.ts';
import { nameOf } from '../support/grpc.ts';
import { settle, VirtualClock } from '../support/virtual-clock.ts';
import type { Truth } from './witness.ts';
import { Witness } from './witness.ts';

/** Two racks and two clusters across each other, so that a run may wait for a place in both, and one machine in neither. */
const MACHINES = {
  m1: { rack: 'r1', cluster: 'prod-a' },
  m2: { rack: 'r1', cluster: 'prod-b' },
  m3: { rack: 'r2', cluster: 'prod-a' },
  m4: { rack: 'r2', cluster: 'prod-b' },
  m5: { rack: '', cluster: '' },
} as const;
const IDS = Object.keys(MACHINES) as readonly (keyof typeof MACHINES)[];

const LIMITS: readonly AdmissionLimit[] = [
  { kind: 'rack', name: '', most: 1 },
  { kind: 'cluster', name: '', most: 1 },
];
const MAX_RUNS = 2;

const CAREFUL = aPlanOf(
  { name: 'look', onFailure: 'continue', maxRetries: 0 },
  { name: 'held', hold: 'Is the rack free?' },
  { name: 'reboot', action: { kind: 'reboot', force: false } },
  { name: 'eject', always: true },
);
const PLANS = ['repave-join', 'reboot', 'rma', CAREFUL] as const;

type Op =
  | { readonly op: 'start'; readonly machine: number; readonly plan: number }
  | { readonly op: 'cancel'; readonly machine: number }
  | { readonly op: 'unblock'; readonly machine: number }
  | { readonly op: 'end'; readonly nth: number; readonly how: keyof typeof OUTCOMES }
  | { readonly op: 'pass'; readonly ms: number }
  | { readonly op: 'restart' | 'crash' };

const OUTCOMES = {
  done: DONE,
  failed: FAILED,
  terminal: { ...FAILED, terminal: true },
  unknown: { kind: 'unknown', message: 'no answer' },
  'not-done': { kind: 'not-done', message: 'it is as it was' },
} as const;

const machine = fc.nat(IDS.length - 1);
const ops: fc.Arbitrary<readonly Op[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ op: fc.constant('start' as const), machine, plan: fc.nat(PLANS.length - 1) }),
    },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('cancel' as const), machine }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('unblock' as const), machine }) },
    {
      weight: 8,
      arbitrary: fc.record({
        op: fc.constant('end' as const),
        nth: fc.nat(1),
        how: fc.constantFrom('done', 'done', 'done', 'failed', 'terminal', 'unknown', 'not-done'),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ op: fc.constant('pass' as const), ms: fc.constantFrom(1, 400, 2_000, 70_000, 320_000) }),
    },
    { weight: 1, arbitrary: fc.constantFrom<Op>({ op: 'restart' }, { op: 'crash' }) },
  ),
  { minLength: 5, maxLength: 60 },
);

/** What is compared of an answer on the wire. */
function told(waiting: WaitingFor | null | undefined) {
  const kind =
    waiting === undefined || waiting === null
      ? 'none'
      : nameOf(WaitingFor_KindSchema, waiting.kind).replace('KIND_', '');
  const millis = (time: WaitingFor['since']) =>
    time === undefined ? null : Number(time.seconds) * 1_000 + time.nanos / 1_000_000;
  return { kind, since: millis(waiting?.since), until: millis(waiting?.until), ...where(waiting) };
}

function where(waiting: WaitingFor | null | undefined) {
  const { step = '', attempt = 0, scope = '', queuePosition = 0 } = waiting ?? {};
  return { step, attempt, place: scope === '' ? null : `${scope} ${queuePosition - 1}` };
}

function expectedOf({ kind, since, until, step, attempt, places: [first] }: Truth) {
  return { kind, since, until, step, attempt, place: first === undefined ? null : `${first.scope} ${first.before}` };
}

/** An engine with everything that can go wrong, and somebody who asks it after every event why nothing moves. */
class Inquiry {
  readonly world: CrashingBench;
  /** The kinds of events after which it was asked. */
  readonly after = new Set<EventKind>();
  /** What was waited for when it was asked. */
  readonly heard = new Set<string>();
  readonly #store: Store;
  readonly #hub: Hub;
  readonly #witness: Witness;
  readonly #clock = new VirtualClock();
  #last: Promise<unknown> = Promise.resolve();
  readonly #faults: unknown[] = [];

  constructor() {
    const memory = createMemoryStore({ clock: this.#clock });
    this.#witness = new Witness(memory, LIMITS);
    this.#store = memory;
    this.#hub = new Hub(memory, this.#clock, pino({ level: 'silent' }));
    const observed = new Proxy(memory, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function' || name === 'subscribe') return value;
        return (...args: unknown[]) =>
          this.#alone(async () => {
            const answer: unknown = await Reflect.apply(value, target, args);
            if (name === 'claim') this.#witness.claimed((answer as Awaited<ReturnType<Store['claim']>>).claims);
            if (name === 'commit') await this.#committed(args[0] as Change, answer as CommitResult);
            return answer;
          });
      },
    });
    this.world = new CrashingBench(new EngineBench(observed, MAX_RUNS, this.#clock), MAX_RUNS);
  }

  /** One thing after the other, so that what is asked after an event finds nothing but what the event has left. */
  #alone<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#last.then(action);
    this.#last = done.catch(() => {});
    return done;
  }

  async #committed(change: Change, result: CommitResult): Promise<void> {
    if (result.kind !== 'ok') return;
    this.#witness.committed(change);
    try {
      await this.#checkChange(change);
    } catch (error) {
      // The engine, which waits for the commit, would take it for a fault of the store.
      this.#faults.push(error);
    }
  }

  async #checkChange(change: Change): Promise<void> {
    for (const { kind, subject, after } of change.events) {
      this.after.add(kind);
      if (subject === 'run') this.#checkImage(kind, after as Run);
    }
    await this.#check(`after ${change.events.map(({ kind }) => kind).join(', ')}`);
  }

  async open(): Promise<void> {
    await this.#hub.start();
    await this.#store.setLimits(LIMITS);
    for (const id of IDS) {
      const { rack, cluster } = MACHINES[id];
      const targetCluster = { clusterId: cluster, kubeconfigSecretRef: '' };
      await this.world.bench.register(id, { rack, targetCluster });
    }
    await this.world.boot();
  }

  /** Ends what goes on by itself. */
  close(): Promise<void> {
    return this.#hub.stop();
  }

  /** Compares every answer about every machine and every run that is not over and done with. */
  async #check(moment: string): Promise<void> {
    const now = this.#clock.now();
    for (const runId of this.#witness.runs) {
      const row = await this.#store.run(runId);
      if (row === null || (isTerminal(row.run.phase) && !row.run.stopping)) continue;
      const truth = await this.#witness.ofRun(row, now);
      const run = await runRowToWire({ store: this.#store, clock: this.#clock }, row);
      expect(told(run.waitingFor), `${runId} ${moment}`).toEqual(expectedOf(truth));
      const machine = await this.#machine(row.run.machineId);
      const about = { run, machine: machine.message } as const;
      this.#checkSentences(sentences({ ...about, about: 'run' }, now), truth, row.run, moment);
      this.#checkSentences(sentences({ ...about, about: 'machine' }, now), truth, row.run, moment);
    }
    for (const id of IDS) {
      const { state, message } = await this.#machine(id);
      if (state === null) continue;
      const runId = state.activeRunId ?? state.stoppingRunId;
      const row = runId === null ? null : await this.#store.run(runId);
      const ofRun = row === null ? null : await this.#witness.ofRun(row, now);
      const truth = this.#witness.ofMachine(state, ofRun as Truth);
      this.heard.add(truth.kind);
      expect(told(message?.status?.waitingFor), `${id} ${moment}`).toEqual(expectedOf(truth));
      if (row !== null) continue;
      const last = sentences({ machine: message, run: null, about: 'machine' }, now).at(-1);
      expect(last).toContain(truth.kind === 'none' ? 'It waits for nothing.' : 'It waits for ');
      for (const word of truth.words) expect(last).toContain(word);
    }
  }

  /** Between two events: what is under way at the hardware is waited for, and nothing else is. */
  async checkCalls(): Promise<void> {
    for (const fault of this.#faults) throw fault;
    await this.#alone(() => this.#checkCalls());
  }

  async #checkCalls(): Promise<void> {
    const open = this.world.bench.provider.pending.map(({ call }) => call);
    for (const id of IDS) {
      const { state, message } = await this.#machine(id);
      const kind = told(message?.status?.waitingFor).kind;
      const runId = state?.activeRunId ?? state?.stoppingRunId;
      // A call that somebody has let go of by hand is nobody's any more.
      const calls = open.filter(({ machine, token }) => machine.id === id && token.runId === runId);
      if (kind === 'PROVIDER') expect(calls, id).toHaveLength(1);
      if (calls.length > 0) expect(['PROVIDER', 'STOPPING'], `${id}: a call of ${runId} is under way`).toContain(kind);
    }
    await this.#check('between two events');
    for (const id of IDS) {
      const { state, message } = await this.#machine(id);
      if (state === null) continue;
      const alone = told(message?.status?.waitingFor);
      const listed = told((await machineInList(this.#hub, state)).status?.waitingFor);
      // A list takes it that a run under way has a server: it does not ask about each of them.
      if (alone.kind !== 'RECOVERY') expect(listed, `${id} in a list`).toEqual(alone);
    }
  }

  /** Does the first thing that `explain` advises and that changes something; it must not be refused, and what was waited for is over. */
  async unblock(id: string): Promise<void> {
    const { message } = await this.#machine(id);
    const runId = message?.status?.activeRunId || message?.status?.stoppingRunId || '';
    const row = runId === '' ? null : await this.#store.run(runId);
    const run = row === null ? null : await runRowToWire({ store: this.#store, clock: this.#clock }, row);
    const situation = { machine: message, run, about: 'machine' } as const;
    for (const way of waysOut(situation)) {
      const answer = await this.#follow(way, id, runId);
      if (answer === null) continue;
      expect(isRefusal(answer), `${way.command}: ${(answer as Refusal).message}`).toBe(false);
      const now = told((await this.#machine(id)).message?.status?.waitingFor);
      const before = told(waitingOf(situation));
      if (before.kind !== 'none') expect(now).not.toEqual(before);
      return;
    }
  }

  /** Carries out a command that was advised; null where it only shows something. */
  async #follow({ command }: WayOut, machineId: string, runId: string): Promise<unknown> {
    const { bench } = this.world;
    const [, verb = '', subject = ''] = command.split(' ');
    const ids = verb === 'maintenance' ? command.split(' ')[3] : subject;
    switch (verb) {
      case 'retry-now':
        expect(ids).toBe(runId);
        return bench.retryNow(runId);
      case 'approve': {
        expect(ids).toBe(runId);
        const step = (await bench.run(runId)).steps.find(({ heldSince }) => heldSince !== null);
        return bench.approve(runId, step?.name ?? '');
      }
      case 'resolve': {
        expect(ids).toBe(machineId);
        const releaseStuck = command.includes('--release-stuck');
        return bench.repair(machineId, { method: 'ResolveIntervention', releaseStuck });
      }
      case 'maintenance':
        expect(ids).toBe(machineId);
        return bench.repair(machineId, { method: 'ExitMaintenance' });
      case 'complete-rma': {
        expect(ids).toBe(machineId);
        const replacement = { serial: '', macAddresses: [], bmcAddress: '' };
        return bench.repair(machineId, { method: 'CompleteRma', replacement });
      }
      case 'cancel':
        expect(ids).toBe(runId);
        return bench.cancel(runId);
      default:
        return null;
    }
  }

  async #machine(id: string) {
    const state = await this.#store.machine(id);
    return { state, message: state === null ? null : await machineAnswer(this.#hub, state) };
  }

  /** The sentences name the step that is next or under way, and say of the wait what is true. */
  #checkSentences(all: readonly string[], truth: Truth, run: Run, moment: string): void {
    const text = all.join('\n');
    if (truth.kind === 'none') expect(text, moment).toContain('It waits for nothing.');
    for (const word of truth.words) expect(text, moment).toContain(word);
    const next = run.steps.find(({ state }) => state === 'WAITING' || state === 'RUNNING');
    const place = /step ([\w-]+) \(/.exec(text)?.[1];
    if (place !== undefined) expect(place, `${moment}\n${text}`).toBe(next?.name);
  }

  /** What an event's own image tells: the same, as far as it can be read off a run without asking who carries it out. */
  #checkImage(kind: EventKind, run: Run): void {
    const message = runToWire(run, { plan: runPlanOf(CAREFUL), progress: null, at: this.#clock.now() });
    const expected: Partial<Record<EventKind, string>> = {
      ATTEMPT_STARTED: 'PROVIDER',
      ATTEMPT_FAILED: 'BACK_OFF',
      STEP_HELD: 'APPROVAL',
      ...(run.stopping ? { CANCELED: 'STOPPING', FAILED: 'STOPPING' } : {}),
    };
    expect(told(message.waitingFor).kind, `the image of ${kind}`).toBe(expected[kind] ?? 'none');
  }
}

async function carryOut(inquiry: Inquiry, op: Op): Promise<void> {
  const { world } = inquiry;
  const { bench } = world;
  switch (op.op) {
    case 'start':
      await bench.start(IDS[op.machine] ?? 'm1', PLANS[op.plan] ?? 'reboot', { acknowledge: true });
      return;
    case 'cancel': {
      const { activeRunId } = await bench.machine(IDS[op.machine] ?? 'm1');
      if (activeRunId !== null) await bench.cancel(activeRunId);
      return;
    }
    case 'unblock':
      return inquiry.unblock(IDS[op.machine] ?? 'm1');
    case 'end':
      bench.provider.pending[op.nth]?.end(OUTCOMES[op.how]);
      await settle();
      return settle();
    case 'pass':
      return bench.clock.advance(op.ms);
    case 'restart':
      await world.halt();
      await inquiry.checkCalls();
      return world.boot();
    case 'crash':
      return world.crash();
  }
}

const start = (id: number, plan: (typeof PLANS)[number]): Op => ({
  op: 'start',
  machine: id,
  plan: PLANS.indexOf(plan),
});
const end = (how: keyof typeof OUTCOMES): Op => ({ op: 'end', nth: 0, how });
const UNBLOCK: Op = { op: 'unblock', machine: 0 };

/** Between them they come to every kind of event of a run and to everything that can be waited for. */
const STORIES: readonly (readonly Op[])[] = [
  [start(0, 'reboot'), { op: 'crash' }, end('not-done'), end('unknown'), end('not-done'), UNBLOCK, end('terminal')],
  [start(0, 'reboot'), { op: 'restart' }, end('done'), start(0, 'reboot'), end('terminal'), UNBLOCK, UNBLOCK],
  [start(0, 'rma'), end('done'), end('done'), end('done'), UNBLOCK],
  [start(0, CAREFUL), end('failed'), UNBLOCK, end('done'), end('done'), end('done')],
  [start(0, CAREFUL), end('failed'), UNBLOCK, end('done'), end('terminal'), end('done')],
  [...IDS.keys()].map((id) => start(id, 'reboot')),
  [start(0, 'reboot'), start(1, 'reboot'), { op: 'cancel', machine: 0 }, end('done')],
  [start(0, 'reboot'), { op: 'pass', ms: 320_000 }, UNBLOCK],
];

it('says after every event, whatever goes wrong, what each run and each machine waits for, and what would end it does', async () => {
  const after = new Set<EventKind>();
  const heard = new Set<string>();
  await fc.assert(
    fc.asyncProperty(ops, async (sequence) => {
      const inquiry = new Inquiry();
      await inquiry.open();
      for (const op of sequence) {
        await carryOut(inquiry, op);
        await inquiry.checkCalls();
      }
      await inquiry.close();
      for (const kind of inquiry.after) after.add(kind);
      for (const kind of inquiry.heard) heard.add(kind);
    }),
    { numRuns: 200, examples: STORIES.map((story) => [story]) },
  );
  expect([...after]).toEqual(
    expect.arrayContaining([
      'ACCEPTED',
      'STARTED',
      'ATTEMPT_STARTED',
      'ATTEMPT_INTERRUPTED',
      'ATTEMPT_PROBED',
      'ATTEMPT_FAILED',
      'ATTEMPT_UNKNOWN',
      'BACK_OFF_SKIPPED',
      'STEP_HELD',
      'STEP_APPROVED',
      'STEP_SUCCEEDED',
      'STEP_FAILED',
      'SUCCEEDED',
      'FAILED',
      'CANCELED',
      'STOPPED',
      'INTERVENTION_RESOLVED',
      'MAINTENANCE_EXITED',
      'RMA_COMPLETED',
    ]),
  );
  expect([...heard].toSorted()).toEqual(
    [
      'none',
      'PROVIDER',
      'BACK_OFF',
      'SLOT',
      'STOPPING',
      'INTERVENTION',
      'RECOVERY',
      'APPROVAL',
      'REPLACEMENT',
    ].toSorted(),
  );
});
