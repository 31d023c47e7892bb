import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBmcAddress, readSshEndpoint } from './endpoint.ts';

const NO_SECRETS = 'must hold no user name or password: credentials are named by a reference';

describe('an SSH endpoint', () => {
  it.each([
    ['', ''],
    ['192.0.2.1:22', '192.0.2.1:22'],
    ['192.0.2.1', '192.0.2.1'],
    [' Node-1.Example.COM:2222 ', 'node-1.example.com:2222'],
    ['node_1', 'node_1'],
    ['localhost:65535', 'localhost:65535'],
    ['ubuntu@192.0.2.1:22', 'ubuntu@192.0.2.1:22'],
    ['[2001:DB8:0:0::1]:22', '[2001:db8::1]:22'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8:0::1', '2001:db8::1'],
    ['::1', '::1'],
  ])('"%s" is kept as "%s"', (sent, kept) => {
    expect(readSshEndpoint(sent)).toEqual({ kind: 'read', value: kept });
  });

  it.each([
    ['two words', 'must be host or host:port'],
    ['host\n:22', 'must be host or host:port'],
    [':22', 'must be host or host:port'],
    ['-host:22', 'must be host or host:port'],
    ['host..name', 'must be host or host:port'],
    ['256.0.2.1', 'must be host or host:port'],
    ['192.0.2', 'must be host or host:port'],
    ['192.0.2.01', 'must be host or host:port'],
    [`${'h'.repeat(64)}:22`, 'must be host or host:port'],
    ['host:', 'has a port that is not 1 to 65535'],
    ['host:0', 'has a port that is not 1 to 65535'],
    ['host:65536', 'has a port that is not 1 to 65535'],
    ['host:ssh', 'has a port that is not 1 to 65535'],
    ['[::1]:x', 'has a port that is not 1 to 65535'],
    ['[::1', 'must be host or host:port'],
    ['[host]:22', 'must be host or host:port'],
    ['::1::2', 'must be host or host:port'],
    ['host:22:22', 'must be host or host:port'],
    ['root:hunter2@host:22', NO_SECRETS],
    ['ssh://root:hunter2@host', NO_SECRETS],
    ['@host', 'has a user name that is none'],
    ['a b@host', 'has a user name that is none'],
    [`${'h'.repeat(600)}`, 'is longer than 512 characters'],
  ])('%j: %s', (sent, description) => {
    expect(readSshEndpoint(sent)).toEqual({ kind: 'fault', description });
  });
});

describe('the address of a BMC', () => {
  it.each([
    ['', ''],
    ['198.51.100.1', '198.51.100.1'],
    ['BMC-1:623', 'bmc-1:623'],
    ['2001:DB8::1', '2001:db8::1'],
    ['HTTPS://BMC-1.example.com/', 'https://bmc-1.example.com'],
    ['redfish://BMC-1/redfish/v1/Systems/System.1', 'redfish://bmc-1/redfish/v1/Systems/System.1'],
    ['redfish-virtualmedia+https://[2001:db8::1]:8443', 'redfish-virtualmedia+https://[2001:db8::1]:8443'],
    ['ipmi://198.51.100.1:623', 'ipmi://198.51.100.1:623'],
  ])('"%s" is kept as "%s"', (sent, kept) => {
    expect(readBmcAddress(sent)).toEqual({ kind: 'read', value: kept });
  });

  it.each([
    ['https://admin:hunter2@bmc-1', NO_SECRETS],
    ['https://admin@bmc-1', NO_SECRETS],
    ['admin:hunter2@bmc-1', NO_SECRETS],
    ['https://', 'has no host'],
    ['https://bmc 1', 'must be host or host:port'],
    ['https://bmc-1:0', 'has a port that is not 1 to 65535'],
    ['https://bmc-1/login?password=hunter2', 'has a path that is none, or a query'],
    ['https://bmc-1/#x', 'has a path that is none, or a query'],
    ['https://bmc-1/a b', 'has a path that is none, or a query'],
    [`https://bmc-1/${'a'.repeat(512)}`, 'is longer than 512 characters'],
  ])('%j: %s', (sent, description) => {
    expect(readBmcAddress(sent)).toEqual({ kind: 'fault', description });
  });
});

describe('whatever is sent as an address', () => {
  const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.string({ unit: 'binary', maxLength: 12 }));
  const address = fc
    .tuple(fc.constantFrom('', 'root@', 'redfish://', '['), host, fc.constantFrom('', ':22', ']:22', '/a/b'))
    .map((parts) => parts.join(''));

  it.each([readSshEndpoint, readBmcAddress])(
    'is refused, or kept in a spelling that reads as itself',
    (readEndpoint) => {
      fc.assert(
        fc.property(address, (sent) => {
          const once = readEndpoint(sent);
          if (once.kind === 'read') expect(readEndpoint(once.value)).toEqual(once);
          else expect(once.description).not.toBe('');
        }),
        { numRuns: 300 },
      );
    },
  );

  it.each([readSshEndpoint, readBmcAddress])('is kept where it is an address', (readEndpoint) => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), (sent) => {
        expect(readEndpoint(sent).kind).toBe('read');
      }),
    );
  });
});
