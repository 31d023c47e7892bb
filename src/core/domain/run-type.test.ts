import { describe, expect, it } from 'vitest';
import { BUILT_IN_PLANS } from './plans/built-in.ts';
import { DEFAULT_PLANS, parseRunType, RUN_TYPES, resolveTypeAndPlan } from './run-type.ts';

describe('type and plan of a request', () => {
  it.each([
    ['REPAVE', '', 'REPAVE', 'plan/repave-join'],
    ['RMA', '', 'RMA', 'plan/rma'],
    ['REBOOT', '', 'REBOOT', 'plan/reboot'],
    ['UPGRADE', '', 'UPGRADE', 'plan/upgrade'],
    ['NET_RECONFIG', '', 'NET_RECONFIG', 'plan/net-reconfig'],
    ['net-reconfig', '', 'NET_RECONFIG', 'plan/net-reconfig'],
    ['net_reconfig', '', 'NET_RECONFIG', 'plan/net-reconfig'],
    ['repave', '', 'REPAVE', 'plan/repave-join'],
    ['', 'reboot', 'REBOOT', 'plan/reboot'],
    ['', 'plan/reboot', 'REBOOT', 'plan/reboot'],
    ['', 'plan/own', 'CUSTOM', 'plan/own'],
    ['', 'own', 'CUSTOM', 'plan/own'],
    ['REPAVE', 'own', 'REPAVE', 'plan/own'],
    ['REBOOT', 'plan/reboot', 'REBOOT', 'plan/reboot'],
  ])('type "%s", plan_id "%s": %s of %s', (type, planId, resolved, id) => {
    expect(resolveTypeAndPlan(type, planId)).toEqual({ kind: 'resolved', type: resolved, planId: id });
  });

  it.each([
    ['', '', 'type', 'type or plan_id is required'],
    ['WIPE', '', 'type', 'unknown type "WIPE"; known: REPAVE, RMA, REBOOT, UPGRADE, NET_RECONFIG'],
    ['WIPE', 'reboot', 'type', 'unknown type "WIPE"; known: REPAVE, RMA, REBOOT, UPGRADE, NET_RECONFIG'],
    ['CUSTOM', '', 'type', 'unknown type "CUSTOM"; known: REPAVE, RMA, REBOOT, UPGRADE, NET_RECONFIG'],
    ['REPAVE', 'plan/reboot', 'plan_id', 'plan/reboot is the plan of type REBOOT, not of REPAVE'],
    ['net-reconfig', 'rma', 'plan_id', 'plan/rma is the plan of type RMA, not of NET_RECONFIG'],
  ])('type "%s", plan_id "%s": refused at %s', (type, planId, field, description) => {
    expect(resolveTypeAndPlan(type, planId)).toEqual({ kind: 'fault', field, description });
  });

  it('every type has a default plan that is built in', () => {
    const ids = BUILT_IN_PLANS.map((plan) => plan.id);
    expect(RUN_TYPES.map((type) => DEFAULT_PLANS[type]).sort()).toEqual([...ids].sort());
  });

  it('a type is read in either spelling and no other', () => {
    expect(parseRunType('Net-Reconfig')).toBe('NET_RECONFIG');
    expect(parseRunType('net reconfig')).toBeNull();
    expect(parseRunType('')).toBeNull();
  });
});
