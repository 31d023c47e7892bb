import { beforeEach, describe, expect, test } from 'vitest';
import { decideCreatePlan, decideDeletePlan } from '../../src/core/domain/decide/plan.ts';
import type { Plan } from '../../src/core/domain/plan.ts';
import type { PlanDeclaration } from '../../src/core/domain/plan-aggregate.ts';
import { aPlanOf } from '../../src/core/domain/testing.ts';
import { transactPlan } from '../../src/core/engine/transact-plan.ts';
import type { PlanChange, PlanQuery } from '../../src/core/ports/plan-store.ts';
import type { Store } from '../../src/core/ports/store.ts';
import type { Fleet } from '../support/fleet.ts';
import { ALICE } from '../support/fleet.ts';
import type { Opened, StoreFactory } from './fixture.ts';
import { eventFilter, eventsAfter, opening, sweepAll } from './fixture.ts';

/** A plan of that name, as its author wrote it. */
function declared(name: string, description = ''): PlanDeclaration {
  const { displayName, params, steps } = aPlanOf({ name: 'only' });
  return { id: `plan/${name}`, displayName, description, params, steps };
}

/** What own plans promise. */
export function planContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  let advance: Opened['advance'];
  beforeEach(async () => {
    ({ store, fleet, advance } = await open());
  });

  const create = async (name: string, description = '', requestId = ''): Promise<Plan> => {
    const command = { declared: declared(name, description), requestId, by: 'alice', reason: 'why' };
    const origin = { ...ALICE, requestId, reason: 'why' };
    const made = await transactPlan(store, { planId: `plan/${name}`, requestId, origin }, (aggregate) =>
      decideCreatePlan(aggregate, command),
    );
    if (made.kind === 'refusal') throw new Error(made.message);
    return made.plan;
  };

  const remove = async (name: string, requestId = ''): Promise<Plan> => {
    const command = { requestId, by: 'alice', reason: 'unused' };
    const made = await transactPlan(store, { planId: `plan/${name}`, requestId, origin: ALICE }, (aggregate) =>
      decideDeletePlan(aggregate, command),
    );
    if (made.kind === 'refusal') throw new Error(made.message);
    return made.plan;
  };

  const listed = async (query: Partial<PlanQuery> = {}) =>
    (await store.plans({ allVersions: false, limit: 100, after: null, ...query })).map(
      ({ id, version }) => `${id.slice('plan/'.length)} ${version}`,
    );

  /** A change of `own` that nobody decided. */
  const aChange = async (with_: Partial<PlanChange> = {}): Promise<PlanChange> => ({
    planId: 'plan/own',
    expectedRevision: 0,
    plan: { ...aPlanOf({}), version: 1 },
    event: { subject: 'plan', kind: 'PLAN_CREATED', message: 'made' },
    at: (await store.loadPlan('plan/own', '')).now,
    origin: ALICE,
    request: null,
    ...with_,
  });

  describe('a plan', () => {
    test('that there never was', async () => {
      expect(await store.loadPlan('plan/own', 'r-1')).toEqual({
        planId: 'plan/own',
        plan: null,
        lastVersion: 0,
        request: null,
        revision: 0,
        lastEventAt: 0,
        now: (await store.load('m1')).now,
      });
      expect(await store.plan('plan/own', 0)).toBeNull();
      expect(await store.plan('plan/own', 1)).toBeNull();
      expect(await listed({ allVersions: true })).toEqual([]);
    });

    test('is there once it was made, as it was made', async () => {
      const made = await create('own', 'first');
      expect(made).toMatchObject({ version: 1, createdBy: 'alice' });
      expect(await store.plan('plan/own', 0)).toEqual(made);
      expect(await store.plan('plan/own', 1)).toEqual(made);
      expect(await store.plan('plan/own', 2)).toBeNull();
      expect(await store.plan('plan/other', 0)).toBeNull();
      expect(await store.loadPlan('plan/own', '')).toMatchObject({
        plan: made,
        lastVersion: 1,
        request: null,
        revision: 1,
        lastEventAt: made.createdAt,
      });
    });

    test('has versions, and none of them ever changes', async () => {
      const first = await create('own', 'first');
      await advance(1_000);
      const second = await create('own', 'second');
      expect(second.version).toBe(2);
      expect(second.createdAt).toBeGreaterThan(first.createdAt);
      expect(await store.plan('plan/own', 0)).toEqual(second);
      expect(await store.plan('plan/own', 1)).toEqual(first);
      expect(await create('own', 'second')).toEqual(second);
      expect(await listed({ allVersions: true })).toEqual(['own 2', 'own 1']);
    });

    test('is hidden with all its versions when it is deleted; the next one has the next number', async () => {
      await create('own', 'first');
      const second = await create('own', 'second');
      expect(await remove('own')).toEqual(second);
      expect(await store.plan('plan/own', 0)).toBeNull();
      expect(await store.plan('plan/own', 2)).toBeNull();
      expect(await listed({ allVersions: true })).toEqual([]);
      expect(await store.loadPlan('plan/own', '')).toMatchObject({ plan: null, lastVersion: 2, revision: 3 });
      expect(await create('own', 'second')).toMatchObject({ version: 3 });
      expect(await listed({ allVersions: true })).toEqual(['own 3']);
      expect(await store.plan('plan/own', 2)).toBeNull();
      await expect(remove('other')).rejects.toThrow('there is no plan plan/other');
    });

    test('that is deleted changes nothing of a run that carries it', async () => {
      await fleet.register('m1');
      const plan = await create('own');
      const runId = await fleet.start('m1', { plan });
      await remove('own');
      expect((await store.run(runId))?.plan).toEqual(plan);
      await fleet.succeed({ ...(await fleet.claim()) }).catch(() => undefined);
      expect((await store.run(runId))?.plan).toEqual(plan);
    });
  });

  describe('a request id', () => {
    test('is found again with what it did and what it answered, whatever came after', async () => {
      const first = await create('own', 'first', 'r-1');
      await create('own', 'second', 'r-2');
      await remove('own', 'r-3');
      const { request } = await store.loadPlan('plan/own', 'r-1');
      expect(request).toMatchObject({ record: { requestId: 'r-1', method: 'CreatePlan', version: 1 }, plan: first });
      expect((await store.loadPlan('plan/own', 'r-3')).request).toMatchObject({
        record: { method: 'DeletePlan', version: 2 },
        plan: { description: 'second' },
      });
      expect((await store.loadPlan('plan/own', 'r-4')).request).toBeNull();
      expect((await store.loadPlan('plan/other', 'r-1')).request).toBeNull();
      expect(await create('own', 'first', 'r-1')).toEqual(first);
      expect(await listed({ allVersions: true })).toEqual([]);
    });

    test('is kept also where nothing else changes', async () => {
      const first = await create('own', 'first', 'r-1');
      const before = await store.head();
      expect(await create('own', 'first', 'r-2')).toEqual(first);
      expect(await eventsAfter(store, before)).toEqual([]);
      expect((await store.loadPlan('plan/own', 'r-2')).request?.plan).toEqual(first);
      expect((await store.loadPlan('plan/own', '')).revision).toBe(1);
    });
  });

  describe('a commit', () => {
    test('on another revision is a conflict, and writes nothing', async () => {
      await create('own', 'first');
      const before = await store.head();
      for (const expectedRevision of [0, 2]) {
        expect(await store.commitPlan(await aChange({ expectedRevision }))).toBe('conflict');
      }
      expect(await eventsAfter(store, before)).toEqual([]);
      expect(await listed({ allVersions: true })).toEqual(['own 1']);
    });

    test('under a request id that is known is a conflict, and writes nothing', async () => {
      await create('own', 'first', 'r-1');
      const request = { requestId: 'r-1', method: 'CreatePlan', fingerprint: '{}', version: 2 } as const;
      const plan = { ...aPlanOf({}), version: 2 };
      expect(await store.commitPlan(await aChange({ expectedRevision: 1, plan, request }))).toBe('conflict');
      expect(await listed({ allVersions: true })).toEqual(['own 1']);
    });

    test('of many at once makes each version once', async () => {
      const made = await Promise.all(Array.from({ length: 6 }, (_, at) => create('own', `text ${at}`)));
      expect(made.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6]);
      expect(await listed({ allVersions: true })).toHaveLength(6);
    });

    test('of the same request many times at once makes one version', async () => {
      const made = await Promise.all(Array.from({ length: 6 }, () => create('own', 'text', 'r-1')));
      expect(new Set(made.map(({ version }) => version))).toEqual(new Set([1]));
      expect(await listed({ allVersions: true })).toEqual(['own 1']);
    });
  });

  describe('a list', () => {
    beforeEach(async () => {
      for (const name of ['b', 'c', 'a']) await create(name, 'first');
      await create('b', 'second');
      await create('d', 'first');
      await remove('c');
    });

    test('is by id, and has the newest version of each', async () => {
      expect(await listed()).toEqual(['a 1', 'b 2', 'd 1']);
      expect(await listed({ limit: 2 })).toEqual(['a 1', 'b 2']);
      expect(await listed({ after: { id: 'plan/a', version: 1 } })).toEqual(['b 2', 'd 1']);
      expect(await listed({ after: { id: 'plan/b', version: 2 } })).toEqual(['d 1']);
      expect(await listed({ after: { id: 'plan/bb', version: 1 } })).toEqual(['d 1']);
      expect(await listed({ after: { id: 'plan/d', version: 1 } })).toEqual([]);
    });

    test('of all versions has them from the newest down', async () => {
      const allVersions = true;
      expect(await listed({ allVersions })).toEqual(['a 1', 'b 2', 'b 1', 'd 1']);
      expect(await listed({ allVersions, limit: 2 })).toEqual(['a 1', 'b 2']);
      expect(await listed({ allVersions, after: { id: 'plan/b', version: 2 } })).toEqual(['b 1', 'd 1']);
      expect(await listed({ allVersions, after: { id: 'plan/b', version: 1 } })).toEqual(['d 1']);
    });
  });

  describe('events', () => {
    test("tell who made and deleted a plan, and why, and count the plan's own", async () => {
      const start = await store.head();
      const first = await create('own', 'first', 'r-1');
      await create('other');
      await remove('own');
      const events = await eventsAfter(store, start);
      expect(events.map(({ kind, revision }) => [kind, revision])).toEqual([
        ['PLAN_CREATED', 1],
        ['PLAN_CREATED', 1],
        ['PLAN_DELETED', 2],
      ]);
      expect(events[0]).toEqual({
        ...ALICE,
        requestId: 'r-1',
        reason: 'why',
        subject: 'plan',
        kind: 'PLAN_CREATED',
        machineId: '',
        runId: '',
        revision: 1,
        at: first.createdAt,
        message: 'plan/own version 1 created by alice',
        before: null,
        after: first,
        cursor: events[0]?.cursor,
      });
      expect(events[2]?.after).toEqual(first);
    });

    test('are found by plan and by subject, among those of machines and runs', async () => {
      await fleet.register('m1');
      await create('own');
      await create('other');
      await fleet.start('m1');
      const found = async (text: string) => {
        const range = { filter: eventFilter(text), after: null, before: null, since: null, until: null };
        const page = await store.events({ ...range, descending: false, limit: 10 });
        return 'kind' in page ? page.kind : page.events.map(({ kind }) => kind);
      };
      expect(await found('plan_id=plan/own')).toEqual(['PLAN_CREATED']);
      expect(await found('plan_id=plan/reboot')).toEqual(['ACCEPTED']);
      expect(await found('subject=plan')).toEqual(['PLAN_CREATED', 'PLAN_CREATED']);
      expect(await found('subject=machine')).toEqual(['REGISTERED', 'RUN_ACCEPTED']);
    });

    test('that are swept take nothing away, and leave the machines as they were', async () => {
      await fleet.register('m1');
      const plan = await create('own');
      await remove('own', 'r-1');
      await create('own', 'again');
      const none = { ageMs: null, count: null };
      await sweepAll(store, { runs: none, logs: none, events: { ageMs: null, count: 0 } });
      expect(await eventsAfter(store, await store.head())).toEqual([]);
      expect((await store.loadPlan('plan/own', 'r-1')).request?.plan).toEqual(plan);
      expect(await listed({ allVersions: true })).toEqual(['own 2']);
      const past = await store.machinesAsOf((await store.load('m1')).now, {
        ...{ filter: { clauses: [] }, orderBy: 'machine_id', descending: false, limit: 10, after: null },
      });
      expect('kind' in past ? past.kind : past.rows.map(({ machine }) => machine.id)).toEqual(['m1']);
    });

    test('wake who follows the log', async () => {
      const hints: boolean[] = [];
      store.subscribe(({ events }) => hints.push(events === true));
      await create('own');
      expect(hints).toContain(true);
    });
  });
}
