import { describe, expect, it } from 'vitest';
import type { Aggregate } from '../aggregate.ts';
import type { MachineSpec } from '../machine.ts';
import { etagOf } from '../machine.ts';
import type { Refusal } from '../refusal.ts';
import { isRefusal } from '../refusal.ts';
import {
  accepted,
  aMachine,
  anAggregate,
  announced,
  applied,
  aSpec,
  begun,
  builtIn,
  conditions,
  machineOf,
  T0,
} from '../testing.ts';
import { decideCancel } from './cancel-run.ts';
import type { Decision } from './decision.ts';
import type { MachineDeclaration } from './machine.ts';
import { decideRegister, decideUpdate } from './machine.ts';

const NOTHING = { kind: 'decision', events: [], request: null };

function declared(spec: Partial<MachineSpec> = {}, labels: Record<string, string> = {}, etag = ''): MachineDeclaration {
  return { spec: aSpec(spec), labels, etag };
}

function messageOf(decision: Decision | Refusal): string {
  return isRefusal(decision) ? decision.message : (decision.events[0]?.message ?? 'no event');
}

describe('RegisterMachine', () => {
  it('of an unknown id makes a machine: FACTORY_READY, without conditions or runs', () => {
    const machine = machineOf(
      applied(anAggregate(null), decideRegister(anAggregate(null), declared({}, { env: 'prod' }))),
    );
    expect(machine).toEqual(
      aMachine({
        labels: { env: 'prod' },
        createdAt: T0 + 1_000,
        updatedAt: T0 + 1_000,
        phaseSince: T0 + 1_000,
      }),
    );
  });

  it('again, unchanged: no event', () => {
    const aggregate = anAggregate(aMachine({ labels: { a: '1', b: '2' } }));
    expect(decideRegister(aggregate, declared({}, { b: '2', a: '1' }))).toEqual(NOTHING);
  });

  it('of a known id changes spec and labels and never touches the status', () => {
    const machine = aMachine({ phase: 'IN_SERVICE', conditions: conditions('Provisioned'), lastSeenAt: T0 });
    const aggregate = anAggregate(machine);
    const decision = decideRegister(aggregate, declared({ rack: 'r2' }, { env: 'prod' }));
    expect(messageOf(decision)).toBe('machine machine-1 updated: spec.rack, labels');
    expect(machineOf(applied(aggregate, decision))).toEqual({
      ...machine,
      spec: aSpec({ rack: 'r2' }),
      labels: { env: 'prod' },
      updatedAt: T0 + 1_000,
      specRevision: 2,
      revision: 2,
    });
  });

  it('names what has changed as the contract names it', () => {
    const change = declared({
      macAddresses: [],
      sshEndpoint: 'h:22',
      bmcAddress: 'b',
      bmcCredentialsRef: 'env:OTHER',
      targetCluster: null,
    });
    expect(messageOf(decideRegister(anAggregate(aMachine()), change))).toBe(
      'machine machine-1 updated: spec.mac_addresses, spec.ssh_endpoint, spec.bmc_address, ' +
        'spec.bmc_credentials_ref, spec.target_cluster',
    );
  });
});

describe('UpdateMachine', () => {
  it('of an unknown machine: NOT_FOUND', () => {
    expect(decideUpdate(anAggregate(null), () => declared())).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is given the machine as it is', () => {
    const aggregate = anAggregate(aMachine({ labels: { a: '1' } }));
    const decision = decideUpdate(aggregate, (machine) => ({
      spec: machine.spec,
      labels: { ...machine.labels, b: '2' },
      etag: '',
    }));
    expect(machineOf(applied(aggregate, decision)).labels).toEqual({ a: '1', b: '2' });
  });

  it('with the present etag is made, with a stale one ABORTED', () => {
    const aggregate = anAggregate(aMachine());
    const etag = etagOf(aMachine());
    const once = applied(
      aggregate,
      decideUpdate(aggregate, () => declared({ rack: 'r2' }, {}, etag)),
    );
    expect(machineOf(once).spec.rack).toBe('r2');
    expect(decideUpdate(once, () => declared({ rack: 'r3' }, {}, etag))).toMatchObject({
      code: 'ABORTED',
      reason: 'STALE_ETAG',
      metadata: { machine_id: 'machine-1', etag: etagOf(machineOf(once)) },
    });
  });

  it('keeps the etag where only the status has changed', () => {
    const machine = machineOf(accepted(builtIn('reboot')));
    expect(etagOf(machine)).toBe(etagOf(aMachine()));
  });
});

describe('a machine that is busy or held', () => {
  const calling = announced(begun(accepted(builtIn('reboot'))));
  const canceled = decideCancel(calling, { runId: 'run0000000000001', by: 'bob', reason: '' });
  const STATES: readonly (readonly [string, Aggregate, string])[] = [
    ['busy', calling, 'MACHINE_BUSY'],
    ['held', applied(calling, canceled), 'STOPPING'],
  ];

  describe.each(STATES)('(%s)', (_, aggregate, reason) => {
    it.each<[string, Partial<MachineSpec>]>([
      ['provider', { provider: 'redfish' }],
      ['MACs', { macAddresses: ['02:00:00:00:00:09'] }],
      ['serial', { serial: 'SN-0009' }],
      ['BMC', { bmcAddress: '198.51.100.9' }],
    ])('does not change its %s', (__, spec) => {
      const decision = decideUpdate(aggregate, () => declared(spec));
      expect(decision).toMatchObject({ code: 'FAILED_PRECONDITION', reason });
      expect(messageOf(decision)).toContain('provider, MACs, serial and BMC do not change meanwhile');
    });

    it('changes its labels and the rest', () => {
      const change = declared({ rack: 'r2', model: 'M2', sshEndpoint: 'h:22' }, { env: 'prod' });
      const decision = decideRegister(aggregate, change);
      expect(machineOf(applied(aggregate, decision))).toMatchObject({ labels: { env: 'prod' }, spec: { rack: 'r2' } });
    });

    it('takes another spelling of what it has', () => {
      const decision = decideRegister(aggregate, declared({ macAddresses: ['02-00-00-00-00-01'] }));
      expect(decision).toMatchObject({ kind: 'decision' });
    });
  });

  describe('the source that owns it', () => {
    const owned = (source: string) =>
      applied(anAggregate(null), decideRegister(anAggregate(null), { ...declared(), source }));

    it('is the one that declares it first, and changes the etag no more than it has to', () => {
      const aggregate = applied(anAggregate(null), decideRegister(anAggregate(null), declared()));
      expect(aggregate.machine).not.toHaveProperty('source');
      const taken = applied(aggregate, decideRegister(aggregate, { ...declared(), source: 'cmdb' }));
      expect(taken.machine).toMatchObject({ source: 'cmdb', specRevision: 1, revision: 2 });
    });

    it('stays where nothing is said of it, and is not taken by another', () => {
      const aggregate = owned('cmdb');
      expect(decideRegister(aggregate, declared())).toEqual(NOTHING);
      const changed = applied(aggregate, decideRegister(aggregate, declared({ rack: 'r9' })));
      expect(changed.machine?.source).toBe('cmdb');
      expect(decideRegister(aggregate, { ...declared(), source: 'lab' })).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'SOURCE_TAKEN',
      });
    });

    it('is handed over, or given up, by an update', () => {
      const aggregate = owned('cmdb');
      const lab = applied(
        aggregate,
        decideUpdate(aggregate, () => ({ ...declared(), source: 'lab' })),
      );
      expect(lab.machine?.source).toBe('lab');
      const nobody = applied(
        lab,
        decideUpdate(lab, () => ({ ...declared(), source: '' })),
      );
      expect(nobody.machine).not.toHaveProperty('source');
    });
  });
});
