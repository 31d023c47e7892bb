import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { EVERYTHING } from '../../src/core/domain/filter.ts';
import type { Machine } from '../../src/core/domain/machine.ts';
import type { Run } from '../../src/core/domain/run.ts';
import { isTerminal } from '../../src/core/domain/run.ts';
import type { Claim, Store, StoredEvent } from '../../src/core/ports/store.ts';
import { SNAPSHOT_PAGE } from '../../src/server/stores/shared/limits.ts';
import type { Fleet } from '../support/fleet.ts';
import { NotCarriedOut } from '../support/fleet.ts';
import type { StoreFactory } from './fixture.ts';
import { eventsAfter, machineFilter, opening, rowsOf, runFilter } from './fixture.ts';

/** What snapshots promise. */
export function snapshotContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  beforeEach(async () => {
    ({ store, fleet } = await open());
  });

  const machineIds = async (text: string) =>
    (await rowsOf(await store.snapshotMachines(machineFilter(text)))).map(({ id }) => id);
  const runIds = async (text: string) =>
    (await rowsOf(await store.snapshotRuns(runFilter(text)))).map(({ run }) => run.id);

  describe('of machines', () => {
    test('has those that match, by id', async () => {
      await fleet.register('m2', { rack: 'r1' });
      await fleet.register('m1', { rack: 'r1' });
      await fleet.register('m3', { rack: 'r2' });
      expect(await machineIds('')).toEqual(['m1', 'm2', 'm3']);
      expect(await machineIds('rack=r1')).toEqual(['m1', 'm2']);
      expect(await machineIds('machine_id=m3')).toEqual(['m3']);
      expect(await machineIds('machine_id=m3 AND rack=r1')).toEqual([]);
      expect(await machineIds('rack=r9')).toEqual([]);
    });

    test('comes in pages, none of them empty or too long', async () => {
      const ids = Array.from({ length: SNAPSHOT_PAGE + 20 }, (_, at) => `m${String(at).padStart(4, '0')}`);
      await fleet.registerAll(ids);
      const sizes: number[] = [];
      const read: string[] = [];
      const snapshot = await store.snapshotMachines(EVERYTHING);
      for await (const page of snapshot.pages) {
        sizes.push(page.length);
        read.push(...page.map(({ id }) => id));
      }
      expect(read).toEqual(ids);
      expect(sizes.every((size) => size > 0 && size <= SNAPSHOT_PAGE)).toBe(true);
      for await (const page of (await store.snapshotMachines(machineFilter('rack=r9'))).pages) {
        throw new Error(`${page.length} rows that do not match`);
      }
    });

    test('may be left before its end', async () => {
      await fleet.registerAll(['m1', 'm2']);
      const { pages } = await store.snapshotMachines(EVERYTHING);
      for await (const _ of pages) break;
      await fleet.label('m1', 'still', 'works');
      expect(await machineIds('')).toEqual(['m1', 'm2']);
    });

    test('is of one moment, and its cursor too, however late it is read', async () => {
      await fleet.registerAll(['m1', 'm2']);
      const snapshot = await store.snapshotMachines(EVERYTHING);
      await fleet.label('m1', 'late', 'yes');
      await fleet.repair('m2', { method: 'DeleteMachine' });
      await fleet.register('m3');
      const rows = await rowsOf(snapshot);
      expect(rows.map(({ id, labels }) => [id, labels])).toEqual([
        ['m1', {}],
        ['m2', {}],
      ]);
      const later = await eventsAfter(store, snapshot.cursor);
      expect(later.map(({ kind }) => kind)).toEqual(['UPDATED', 'DELETED', 'REGISTERED']);
    });
  });

  describe('of runs', () => {
    /** run-a goes on, run-b is PENDING, run-c has failed, run-d is canceled and stopping. */
    const startFour = async () => {
      await fleet.registerAll(['m1', 'm2', 'm3']);
      await fleet.startAndFail('m1', { runId: 'run-c' });
      await fleet.startAndBegin('m1', { runId: 'run-a', plan: 'repave-join' });
      const stopping = await fleet.startAndBegin('m3', { runId: 'run-d' });
      await fleet.announce(stopping);
      await fleet.cancel('m3', 'run-d');
      await fleet.start('m2', { runId: 'run-b' });
    };

    test.each([
      ['', ['run-a', 'run-b']],
      ['phase=RUNNING', ['run-a']],
      ['phase=FAILED', []],
      ['machine_id=m2', ['run-b']],
      ['machine_id=m3', []],
      ['machine_id=m9', []],
      ['run_id=run-a', ['run-a']],
      ['run_id=run-a AND phase=PENDING', []],
      ['run_id=run-c', ['run-c']],
      ['run_id=run-c AND phase=FAILED', ['run-c']],
      ['run_id=run-c AND phase=RUNNING', []],
      ['run_id=run-c AND machine_id=m2', []],
      ['run_id=run-d', ['run-d']],
      ['run_id!=run-a', ['run-b']],
      ['run_id:run-c', []],
      ['run_id=run-x', []],
    ])('has active ones that match "%s", and a finished one that is named', async (text, expected) => {
      await startFour();
      expect((await runIds(text)).toSorted()).toEqual(expected);
    });

    test('has each with its plan and its progress', async () => {
      await fleet.register('m1');
      const held = await fleet.startAndBegin('m1');
      const progress = { step: 0, attempt: 1, current: 3, total: 6, unit: 'stages', note: 'half' };
      await store.appendLogs([{ ...held, lines: [], progress }]);
      const [row] = await rowsOf(await store.snapshotRuns(EVERYTHING));
      expect(row).toEqual({ ...(await store.load('m1')).runs[0], progress, owner: held.owner });
    });

    test('is of one moment, and its cursor too, however late it is read', async () => {
      await fleet.registerAll(['m1', 'm2']);
      const held = await fleet.startAndBegin('m1');
      const snapshot = await store.snapshotRuns(EVERYTHING);
      await fleet.announce(held);
      await fleet.start('m2', { runId: 'run-late' });
      const rows = await rowsOf(snapshot);
      expect(rows.map(({ run }) => [run.id, run.revision])).toEqual([[held.runId, 2]]);
      const later = (await eventsAfter(store, snapshot.cursor)).filter(({ subject }) => subject === 'run');
      expect(later.map(({ kind }) => kind)).toEqual(['ATTEMPT_STARTED', 'ACCEPTED']);
    });
  });

  test('a snapshot and the events after it make the state, wherever it is taken', async () => {
    const move = fc.record({
      machine: fc.integer({ min: 1, max: 3 }),
      what: fc.constantFrom(
        'label',
        'start',
        'begin',
        'announce',
        'done',
        'flake',
        'cancel',
        'repair',
        'delete',
        'advance',
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 40 }), fc.nat(), async (moves, at) => {
        const opened = await open();
        const walk = new RandomWalk(opened.store, opened.fleet);
        const begin = await opened.store.head();
        let snapshot = await both(opened.store);
        for (const [index, { machine, what }] of moves.entries()) {
          if (index === at % moves.length) snapshot = await both(opened.store);
          if (what === 'advance') await opened.advance(400);
          else await walk.move(`m${machine}`, what);
        }
        const all = await eventsAfter(opened.store, begin);
        const { machines, runs } = await present(opened.store);
        const since = await eventsAfter(opened.store, snapshot.cursor, 3);
        expect(since).toEqual(all.slice(all.length - since.length));
        expect(foldMachines(snapshot.machines, since)).toEqual(machines);
        expect(foldMachines([], all)).toEqual(machines);
        expect(foldRuns(snapshot.runs, since)).toEqual(runs);
        expect(foldRuns([], all)).toEqual(runs);
      }),
      { numRuns: 15 },
    );
  });
}

/** Moves machines on at random; what cannot be done at the moment is left out. */
class RandomWalk {
  readonly #store: Store;
  readonly #fleet: Fleet;
  readonly #claims = new Map<string, Claim>();
  #count = 0;

  constructor(store: Store, fleet: Fleet) {
    this.#store = store;
    this.#fleet = fleet;
  }

  async move(machineId: string, what: string): Promise<void> {
    this.#count += 1;
    const { machine } = await this.#store.load(machineId);
    if (machine === null) await this.#fleet.register(machineId);
    else {
      await this.#act(machineId, machine.activeRunId ?? '', what).catch((error: unknown) => {
        if (!(error instanceof NotCarriedOut)) throw error;
      });
    }
  }

  async #act(machineId: string, runId: string, what: string): Promise<unknown> {
    if (what === 'label') return this.#fleet.label(machineId, 'count', String(this.#count));
    if (what === 'start') return this.#fleet.start(machineId, { plan: 'repave-join' });
    if (what === 'cancel') return this.#fleet.cancel(machineId, runId);
    if (what === 'repair') return this.#fleet.repair(machineId, { method: 'ResolveIntervention', releaseStuck: true });
    if (what === 'delete') return this.#fleet.repair(machineId, { method: 'DeleteMachine' });
    for (const claim of (await this.#store.claim('server-1', 100)).claims) this.#claims.set(claim.machineId, claim);
    const claim = this.#claims.get(machineId);
    if (claim === undefined) return undefined;
    const mine = { ...claim, owner: 'server-1' };
    if (what === 'begin') return this.#fleet.begin(mine);
    if (what === 'announce') return this.#fleet.announce(mine);
    if (what === 'done') return this.#fleet.end(mine, { kind: 'done', message: '' });
    return this.#fleet.end(mine, { kind: 'failed', terminal: false, code: 'FLAKED', message: '' });
  }
}

async function both(store: Store): Promise<{ cursor: string; machines: readonly Machine[]; runs: readonly Run[] }> {
  const machines = await store.snapshotMachines(EVERYTHING);
  const runs = await store.snapshotRuns(EVERYTHING);
  expect(runs.cursor).toBe(machines.cursor);
  return {
    cursor: machines.cursor,
    machines: await rowsOf(machines),
    runs: (await rowsOf(runs)).map(({ run }) => run),
  };
}

async function present(store: Store): Promise<{ machines: unknown; runs: unknown }> {
  const { machines, runs } = await both(store);
  return { machines: byId(machines), runs: byId(runs) };
}

function byId<Row extends { readonly id: string }>(rows: Iterable<Row>): Readonly<Record<string, Row>> {
  return Object.fromEntries([...rows].map((row) => [row.id, row]));
}

function foldMachines(from: readonly Machine[], events: readonly StoredEvent[]): Readonly<Record<string, Machine>> {
  const machines = new Map(from.map((machine) => [machine.id, machine]));
  for (const { subject, kind, after, machineId } of events) {
    if (subject !== 'machine') continue;
    if (kind === 'DELETED') machines.delete(machineId);
    else machines.set(machineId, after as Machine);
  }
  return byId(machines.values());
}

function foldRuns(from: readonly Run[], events: readonly StoredEvent[]): Readonly<Record<string, Run>> {
  const runs = new Map(from.map((run) => [run.id, run]));
  for (const { subject, after } of events) {
    if (subject !== 'run') continue;
    const run = after as Run;
    if (isTerminal(run.phase)) runs.delete(run.id);
    else runs.set(run.id, run);
  }
  return byId(runs.values());
}
