import { describe, expect, it } from 'vitest';
import type { PlanAggregate, PlanDeclaration } from '../plan-aggregate.ts';
import { aPlanOf, T0 } from '../testing.ts';
import type { PlanDecision } from './plan.ts';
import { decideCreatePlan, decideDeletePlan } from './plan.ts';

const { version: _, builtIn: __, createdAt: ___, createdBy: ____, ...DECLARED } = aPlanOf({});
const OTHER: PlanDeclaration = { ...DECLARED, description: 'another one' };

function anAggregate(with_: Partial<PlanAggregate> = {}): PlanAggregate {
  return {
    planId: 'plan/own',
    plan: null,
    lastVersion: 0,
    request: null,
    revision: 0,
    lastEventAt: 0,
    now: T0,
    ...with_,
  };
}

/** The aggregate after a command was carried out, as its request id finds it. */
function carriedOut(aggregate: PlanAggregate, decision: ReturnType<typeof decideCreatePlan>): PlanAggregate {
  if (decision.kind !== 'decision') throw new Error(`it is ${decision.kind}`);
  const { plan, event, request } = decision;
  return {
    ...aggregate,
    plan: event?.kind === 'PLAN_DELETED' ? null : plan,
    lastVersion: Math.max(aggregate.lastVersion, plan.version),
    request: request === null ? null : { record: request, plan },
    revision: aggregate.revision + (event === null ? 0 : 1),
  };
}

const CREATE = { declared: DECLARED, requestId: 'r-1', by: 'alice', reason: 'why' };
const DELETE = { requestId: 'd-1', by: 'bob', reason: 'unused' };
const forget = (aggregate: PlanAggregate) => ({ ...aggregate, request: null });

describe('CreatePlan', () => {
  it('makes a first version', () => {
    expect(decideCreatePlan(anAggregate(), CREATE)).toMatchObject({
      kind: 'decision',
      plan: { ...DECLARED, version: 1, builtIn: false, createdAt: T0, createdBy: 'alice' },
      event: { subject: 'plan', kind: 'PLAN_CREATED', message: 'plan/own version 1 created by alice' },
      at: T0,
      request: { requestId: 'r-1', method: 'CreatePlan', version: 1 },
    });
  });

  it('makes a new version of one that is known, never before its last event', () => {
    const first = forget(carriedOut(anAggregate(), decideCreatePlan(anAggregate(), CREATE)));
    const later = { ...first, lastEventAt: T0 + 5 };
    expect(decideCreatePlan(later, { ...CREATE, declared: OTHER, by: 'bob' })).toMatchObject({
      plan: { description: 'another one', version: 2, createdAt: T0 + 5, createdBy: 'bob' },
      at: T0 + 5,
    });
  });

  it('makes none where the newest version says the same; the request id is kept all the same', () => {
    const first = carriedOut(anAggregate(), decideCreatePlan(anAggregate(), CREATE));
    const again = decideCreatePlan(forget(first), { ...CREATE, requestId: 'r-2', by: 'bob' });
    expect(again).toMatchObject({ kind: 'decision', plan: first.plan, event: null, request: { version: 1 } });
  });

  it('makes the version after the last one where the plan was deleted, also of the same content', () => {
    const first = forget(carriedOut(anAggregate(), decideCreatePlan(anAggregate(), CREATE)));
    const deleted = forget(carriedOut(first, decideDeletePlan(first, DELETE)));
    expect(decideCreatePlan(deleted, CREATE)).toMatchObject({ plan: { version: 2 }, event: { kind: 'PLAN_CREATED' } });
  });

  it('answers the version that the same request made, whatever has become of the plan', () => {
    const first = carriedOut(anAggregate(), decideCreatePlan(anAggregate(), CREATE));
    const expected = { kind: 'existing', plan: first.plan } as PlanDecision;
    expect(decideCreatePlan(first, { ...CREATE, by: 'bob', reason: 'other' })).toEqual(expected);
    expect(decideCreatePlan({ ...first, plan: null, lastVersion: 7 }, CREATE)).toEqual(expected);
  });

  it('refuses a request id with another content, or of another call', () => {
    const first = carriedOut(anAggregate(), decideCreatePlan(anAggregate(), CREATE));
    expect(decideCreatePlan(first, { ...CREATE, declared: OTHER })).toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'REQUEST_ID_REUSED',
      message: 'request id r-1 was already used on plan/own with another content; send a new request id',
      metadata: { plan_id: 'plan/own', request_id: 'r-1' },
    });
    expect(decideDeletePlan(first, { ...DELETE, requestId: 'r-1' })).toMatchObject({
      message: 'request id r-1 was already used on plan/own for CreatePlan; send a new request id',
    });
  });

  it('keeps no empty request id', () => {
    expect(decideCreatePlan(anAggregate(), { ...CREATE, requestId: '' })).toMatchObject({ request: null });
  });
});

describe('DeletePlan', () => {
  it('takes the plan away', () => {
    const first = forget(carriedOut(anAggregate(), decideCreatePlan(anAggregate(), CREATE)));
    expect(decideDeletePlan(first, DELETE)).toMatchObject({
      kind: 'decision',
      plan: first.plan,
      event: { kind: 'PLAN_DELETED', message: 'plan/own deleted by bob: unused' },
      request: { method: 'DeletePlan', version: 1 },
    });
  });

  it('again is the same answer; under another request id there is nothing', () => {
    const first = forget(carriedOut(anAggregate(), decideCreatePlan(anAggregate(), CREATE)));
    const deleted = carriedOut(first, decideDeletePlan(first, DELETE));
    expect(decideDeletePlan(deleted, DELETE)).toEqual({ kind: 'existing', plan: first.plan });
    expect(decideDeletePlan(forget(deleted), { ...DELETE, requestId: 'd-2' })).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'PLAN_NOT_FOUND',
    });
  });
});

it.each(['plan/reboot', 'plan/repave-join'])('%s is built in, and neither replaced nor deleted', (planId) => {
  const aggregate = anAggregate({ planId });
  for (const decision of [decideCreatePlan(aggregate, CREATE), decideDeletePlan(aggregate, DELETE)]) {
    expect(decision).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'PLAN_BUILT_IN',
      message: expect.stringContaining(`${planId} is built in`),
    });
  }
});
