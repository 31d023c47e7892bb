import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EVERYTHING, parseFilter } from '../../src/core/domain/filter.ts';
import { DONE, FLAKED, REFUSED, UNKNOWN } from '../../src/core/domain/testing.ts';
import type { Store } from '../../src/core/ports/store.ts';
import type { Held } from '../support/fleet.ts';
import { Fleet } from '../support/fleet.ts';
import type { StoreFactory } from './fixture.ts';
import { eventsAfter } from './fixture.ts';

const MACHINES = ['m1', 'm2', 'm3'];
const OUTCOMES = { DONE, FLAKED, REFUSED, UNKNOWN };

const machine = fc.constantFrom(...MACHINES);
const act = fc.oneof(
  fc.record({
    act: fc.constant('register' as const),
    machine,
    serial: fc.constantFrom('A', 'B', 'C'),
    rack: fc.constantFrom('r1', 'r2'),
  }),
  fc.record({ act: fc.constant('label' as const), machine, value: fc.constantFrom('x', 'y') }),
  fc.record({
    act: fc.constant('start' as const),
    machine,
    request: fc.nat(4),
    plan: fc.constantFrom('reboot', 'rma', 'repave-join'),
  }),
  fc.record({
    act: fc.constant('start' as const),
    machine,
    request: fc.nat(40),
    plan: fc.constantFrom('reboot', 'repave-join'),
  }),
  fc.record({ act: fc.constant('cancel' as const), nth: fc.nat(4) }),
  fc.record({ act: fc.constant('retry-now' as const), nth: fc.nat(4) }),
  fc.record({
    act: fc.constant('claim' as const),
    owner: fc.constantFrom('s1', 's2'),
    limit: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    act: fc.constant('drive' as const),
    nth: fc.nat(4),
    outcome: fc.constantFrom(
      'DONE' as const,
      'DONE' as const,
      'FLAKED' as const,
      'REFUSED' as const,
      'UNKNOWN' as const,
    ),
  }),
  fc.record({ act: fc.constant('release' as const), nth: fc.nat(4) }),
  fc.record({ act: fc.constant('reap' as const), owner: fc.constantFrom('s1', 's2') }),
  fc.record({ act: fc.constant('log' as const), nth: fc.nat(4), lines: fc.nat(3) }),
  fc.record({
    act: fc.constant('repair' as const),
    machine,
    method: fc.constantFrom(
      'EnterMaintenance' as const,
      'ExitMaintenance' as const,
      'RetireMachine' as const,
      'DeleteMachine' as const,
    ),
    request: fc.nat(20),
  }),
  fc.record({ act: fc.constant('resolve' as const), machine, release: fc.boolean(), request: fc.nat(20) }),
);

type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

/** One store under the same commands as the others. */
class Subject {
  readonly store: Store;
  readonly #fleet: Fleet;
  readonly #runs: { readonly id: string; readonly machine: string }[] = [];
  readonly #held: Held[] = [];
  #started = 0;

  constructor(store: Store) {
    this.store = store;
    this.#fleet = new Fleet(store);
  }

  /** Carries out a command; the answer, or the sentence with which it was refused. */
  async do(one: Act): Promise<unknown> {
    try {
      return await this.#do(one);
    } catch (error) {
      return { refused: error instanceof Error ? error.message : String(error) };
    }
  }

  async #do(one: Act): Promise<unknown> {
    const fleet = this.#fleet;
    switch (one.act) {
      case 'register':
        return machineOf(
          await fleet.register(one.machine, { serial: one.serial, rack: one.rack, macAddresses: [], bmcAddress: '' }),
        );
      case 'label':
        return machineOf(await fleet.label(one.machine, 'key', one.value));
      case 'start': {
        this.#started += 1;
        const options = { runId: `run-${this.#started}`, requestId: `request-${one.request}`, plan: one.plan };
        const id = await fleet.start(one.machine, options);
        this.#runs.push({ id, machine: one.machine });
        return id;
      }
      case 'cancel':
      case 'retry-now': {
        const run = this.#runs.at(-1 - one.nth);
        if (run === undefined) return null;
        const steer = one.act === 'cancel' ? fleet.cancel(run.machine, run.id) : fleet.retryNow(run.machine, run.id);
        return machineOf(await steer);
      }
      case 'claim': {
        const answer = await this.store.claim(one.owner, one.limit);
        // What comes with a claim is a store's own matter.
        const claims = answer.claims.map(({ runId, machineId, fence }) => ({ runId, machineId, fence }));
        this.#held.push(...claims.map((claim) => ({ ...claim, owner: one.owner })));
        return { claims, due: answer.nextDueAt !== null };
      }
      case 'drive':
        return this.#drive(one.nth, one.outcome);
      case 'release': {
        const held = this.#held.at(-1 - one.nth);
        return held === undefined ? null : this.store.release(held, held.owner);
      }
      case 'reap': {
        const claims = await this.store.reap(one.owner);
        this.#held.push(...claims.map((claim) => ({ ...claim, owner: one.owner })));
        return claims;
      }
      case 'log': {
        const held = this.#held.at(-1 - one.nth);
        if (held === undefined) return null;
        const lines = Array.from({ length: one.lines }, (_, at) => ({
          at: 0,
          stream: 'stdout' as const,
          data: new TextEncoder().encode(`line ${at}`),
          step: 'step',
          attempt: 1,
        }));
        const { runId, owner, fence } = held;
        return this.store.appendLogs([{ runId, owner, fence, lines, progress: null }]);
      }
      case 'repair':
        return machineOf(await fleet.repair(one.machine, { method: one.method }, `repair-${one.request}`));
      case 'resolve': {
        const method = 'ResolveIntervention' as const;
        const repair = { method, releaseStuck: one.release };
        return machineOf(await fleet.repair(one.machine, repair, `repair-${one.request}`));
      }
    }
  }

  async #drive(nth: number, outcome: keyof typeof OUTCOMES): Promise<unknown> {
    const held = this.#held.at(-1 - nth);
    if (held === undefined) return null;
    await this.#fleet.begin(held);
    await this.#fleet.announce(held);
    const aggregate = await this.#fleet.end(held, OUTCOMES[outcome]);
    return { machine: machineOf(aggregate), runs: aggregate.runs.map(({ run }) => run) };
  }

  /** Everything that can be read, as one value. */
  async everything(start: string): Promise<unknown> {
    const { store } = this;
    const page = { limit: 50, after: null, descending: false } as const;
    const busy = parseFilter('phase=MAINTENANCE AND rack=r1', 'machine');
    const filter = 'clauses' in busy ? busy : EVERYTHING;
    const runs = await store.runs({ ...page, filter: EVERYTHING, orderBy: 'created_at' });
    const logs = await Promise.all(runs.rows.map(({ run }) => store.logs(run.id, 0, 100)));
    return {
      machines: await store.machines({ ...page, filter: EVERYTHING, orderBy: 'phase' }),
      filtered: await store.machines({ ...page, filter, orderBy: 'machine_id' }),
      runs,
      lines: logs.map((lines) => lines.map(({ sequence, data }) => [sequence, new TextDecoder().decode(data)])),
      counts: await store.counts(EVERYTHING),
      some: await store.counts(filter),
      stopping: [await store.stopping('s1'), await store.stopping('s2')],
      events: (await eventsAfter(store, start)).map(({ cursor: _, ...event }) => event),
    };
  }
}

function machineOf(aggregate: { readonly machine: unknown }): unknown {
  return aggregate.machine;
}

/** What clocks say is each store's own; everything else has to be the same. */
function withoutTimes(value: unknown): unknown {
  const time = /(At|Since|^at|deadline|nextDueAt)$/;
  return JSON.parse(
    JSON.stringify({ value }, (key, inner) => (time.test(key) && typeof inner === 'number' ? 0 : inner)),
  );
}

/** Drives the same random commands through all stores, and compares every answer and everything that can be read after. */
export function differential(stores: Readonly<Record<string, StoreFactory>>, runs: number): void {
  it(`${Object.keys(stores).join(', ')} give the same answers to the same commands`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 10, maxLength: 60, size: 'max' }), async (sequence) => {
        const fixtures = await Promise.all(Object.values(stores).map((factory) => factory()));
        try {
          const subjects = fixtures.map(({ store }) => new Subject(store));
          const starts = await Promise.all(subjects.map(({ store }) => store.head()));
          for (const one of sequence) {
            for (const { advance } of fixtures) await advance(1);
            const [first, ...others] = await Promise.all(subjects.map((subject) => subject.do(one)));
            for (const other of others) expect(withoutTimes(other)).toEqual(withoutTimes(first));
          }
          const [first, ...others] = await Promise.all(
            subjects.map((subject, at) => subject.everything(starts[at] ?? '')),
          );
          for (const other of others) expect(withoutTimes(other)).toEqual(withoutTimes(first));
        } finally {
          await Promise.all(fixtures.map(({ dispose }) => dispose()));
        }
      }),
      { numRuns: runs },
    );
  });
}
