import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MachineDeclaration } from './decide/machine.ts';
import { aSpec } from './testing.ts';
import type { RawMachine, RawSpec } from './validate-machine.ts';
import { clusterIdFault, parseMachineDeclaration, parseReplacement } from './validate-machine.ts';

function raw(spec: Partial<RawSpec> = {}, with_: Partial<RawMachine> = {}): RawMachine {
  return { machineId: 'machine-1', spec: { ...aSpec(), ...spec }, labels: {}, etag: '', ...with_ };
}

function declared(machine: RawMachine): MachineDeclaration {
  const result = parseMachineDeclaration(machine);
  if (!('spec' in result)) throw new Error(JSON.stringify(result));
  return result;
}

/** The fields that are wrong, with what is wrong about each. */
function faults(machine: RawMachine): readonly (readonly [string, string])[] {
  const result = parseMachineDeclaration(machine);
  return 'spec' in result ? [] : result.map((one) => [one.field, one.description] as const);
}

const NO_MAC = 'is no MAC address such as aa:bb:cc:dd:ee:ff';

describe('a declaration', () => {
  it('that is good comes back as it is', () => {
    expect(declared(raw({}, { labels: { env: 'prod' }, etag: 'abc-1' }))).toEqual({
      spec: aSpec(),
      labels: { env: 'prod' },
      etag: 'abc-1',
    });
  });

  it('comes back with every address in its one spelling', () => {
    const { spec } = declared(
      raw({
        provider: ' fake ',
        macAddresses: ['AA-BB-CC-DD-EE-FF', '0200.0000.0001'],
        serial: ' SN 1 ',
        sshEndpoint: 'Node-1:22',
        bmcAddress: 'HTTPS://BMC-1/',
        rack: ' r1',
        model: 'R640 ',
      }),
    );
    expect(spec).toMatchObject({
      provider: 'fake',
      macAddresses: ['aa:bb:cc:dd:ee:ff', '02:00:00:00:00:01'],
      serial: 'SN 1',
      sshEndpoint: 'node-1:22',
      bmcAddress: 'https://bmc-1',
      rack: 'r1',
      model: 'R640',
    });
  });

  it('may leave everything out: the server makes an id, and a machine may have no hardware yet', () => {
    for (const spec of [undefined, null]) {
      const result = declared({ machineId: '', spec, labels: {}, etag: '' });
      expect(result.spec).toMatchObject({ provider: '', macAddresses: [], serial: '', targetCluster: null });
    }
    expect(declared({ labels: {}, etag: '' }).spec.bmcAddress).toBe('');
  });

  it('without a word about a cluster has none', () => {
    expect(declared(raw({ targetCluster: null })).spec.targetCluster).toBeNull();
    expect(declared(raw({ targetCluster: undefined })).spec.targetCluster).toBeNull();
    const empty = { clusterId: '', kubeconfigSecretRef: '' };
    expect(declared(raw({ targetCluster: empty })).spec.targetCluster).toBeNull();
  });

  it('takes what clients that exist send as the name of a kubeconfig', () => {
    for (const ref of ['prod-a-kubeconfig', 'secret/ns/name', 'env:KUBECONFIG', 'file:/etc/kube/config', '']) {
      const targetCluster = { clusterId: 'prod-a', kubeconfigSecretRef: ref };
      expect(declared(raw({ targetCluster })).spec.targetCluster).toEqual(targetCluster);
    }
  });

  it('that was read is good when it is read again, and the same', () => {
    const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString('hex'));
    const texts = fc.constantFrom('', 'a', ' B c ', 'Ü');
    const specs = fc.record({
      provider: texts,
      macAddresses: fc.uniqueArray(mac, { maxLength: 4 }),
      serial: texts,
      sshEndpoint: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('A:22')),
      bmcAddress: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('REDFISH://B/x/')),
      rack: texts,
      bmcCredentialsRef: fc.constantFrom('', 'env:A'),
      model: texts,
    });
    fc.assert(
      fc.property(specs, (spec) => {
        const once = declared({ spec, labels: {}, etag: '' });
        expect(declared(once)).toEqual(once);
      }),
    );
  });
});

describe('what is wrong with a declaration', () => {
  it('is told all at once, by field path', () => {
    const wrong = raw(
      {
        provider: 'p'.repeat(64),
        macAddresses: ['02:00:00:00:00:01', 'x', '02-00-00-00-00-01'],
        serial: 's'.repeat(65),
        sshEndpoint: 'root:hunter2@host',
        bmcAddress: 'https://admin:hunter2@bmc-1',
        rack: 'r\u001b[31m',
        bmcCredentialsRef: 'hunter2',
        model: 'm'.repeat(129),
        targetCluster: { clusterId: '', kubeconfigSecretRef: 'admin:hunter2' },
      },
      { machineId: 'Machine', labels: { 'a b': 'x' }, etag: '\n' },
    );
    expect(faults(wrong)).toEqual([
      ['machine.machine_id', 'may hold a-z, 0-9, "." and "-" alone'],
      ['machine.etag', 'has a character at 1 that cannot be printed'],
      ['machine.spec.bmc_credentials_ref', expect.stringContaining('must be env:NAME or file:PATH')],
      ['machine.spec.provider', 'is longer than 63 characters'],
      ['machine.spec.mac_addresses[1]', NO_MAC],
      ['machine.spec.mac_addresses[2]', 'is the same as spec.mac_addresses[0]'],
      ['machine.spec.serial', 'is longer than 64 characters'],
      ['machine.spec.ssh_endpoint', expect.stringContaining('must hold no user name or password')],
      ['machine.spec.bmc_address', expect.stringContaining('must hold no user name or password')],
      ['machine.spec.rack', 'has a character at 2 that cannot be printed'],
      ['machine.spec.model', 'is longer than 128 characters'],
      ['machine.spec.target_cluster.cluster_id', 'is required'],
      ['machine.spec.target_cluster.kubeconfig_secret_ref', expect.stringContaining('must be env:NAME, file:PATH')],
      ['machine.labels.a b', expect.stringContaining('has a key that is not')],
    ]);
  });

  it('is told without a word of what may be a secret', () => {
    const wrong = raw({
      sshEndpoint: 'root:hunter2@host',
      bmcAddress: 'https://admin:hunter2@bmc-1',
      bmcCredentialsRef: 'hunter2',
      targetCluster: { clusterId: 'hunter2 is it', kubeconfigSecretRef: 'admin:hunter2' },
    });
    expect(faults(wrong)).toHaveLength(5);
    expect(JSON.stringify(faults(wrong))).not.toContain('hunter2');
  });

  it('is told of a batch under its place in it', () => {
    const result = parseMachineDeclaration(raw({ macAddresses: ['x'] }), 'machines[3]');
    expect(result).toEqual([{ field: 'machines[3].spec.mac_addresses[0]', description: NO_MAC }]);
  });

  it('is at most 32 MAC addresses', () => {
    const mac = (index: number) => `02:00:00:00:00:${index.toString(16).padStart(2, '0')}`;
    expect(faults(raw({ macAddresses: Array.from({ length: 32 }, (_, index) => mac(index)) }))).toEqual([]);
    expect(faults(raw({ macAddresses: Array.from({ length: 33 }, () => 'x') }))).toEqual([
      ['machine.spec.mac_addresses', 'has more than 32 entries'],
    ]);
  });
});

describe('the name of a cluster', () => {
  it.each(['prod-a', 'c', 'Prod_A.2', 'arn:aws:eks:eu-1:123:cluster/prod'])('"%s" is good', (id) => {
    expect(clusterIdFault(id)).toBeNull();
  });

  it.each(['', ' prod', 'prod a', '-prod', 'prod/', 'prod\n', 'c'.repeat(129)])('%j is none', (id) => {
    expect(clusterIdFault(id)).not.toBeNull();
  });
});

describe('a replacement', () => {
  it('comes back with every address in its one spelling; what is empty stays empty', () => {
    expect(parseReplacement({ serial: ' SN-2 ', macAddresses: ['AABBCCDDEEFF'], bmcAddress: 'BMC-2' })).toEqual({
      serial: 'SN-2',
      macAddresses: ['aa:bb:cc:dd:ee:ff'],
      bmcAddress: 'bmc-2',
    });
    const nothing = { serial: '', macAddresses: [], bmcAddress: '' };
    expect(parseReplacement(nothing)).toEqual(nothing);
  });

  it('is told what is wrong with it, all at once', () => {
    expect(parseReplacement({ serial: '\u0000', macAddresses: ['x'], bmcAddress: 'a b' })).toEqual([
      { field: 'serial', description: 'has a character at 1 that cannot be printed' },
      { field: 'mac_addresses[0]', description: NO_MAC },
      { field: 'bmc_address', description: 'must be host or host:port' },
    ]);
  });
});
