import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { credentialRefFault, kubeconfigRefFault } from './secret-ref.ts';

const REFERENCES = ['', 'env:BMC_PASSWORD', 'env:_X1', 'file:/run/secrets/bmc', 'file:creds/bmc-1.json'];
const NAMES = [
  'prod-a-kubeconfig',
  'secret/ns/name',
  'vault/kv/data/clusters/prod-a',
  'kubeconfig.v2_b',
  'k',
  'a'.repeat(63),
];

const JWT = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl';
const SECRETS = [
  'hunter2 is the password',
  'admin:hunter2',
  'https://admin:hunter2@bmc-1',
  '-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----',
  'apiVersion: v1\nkind: Config',
  'YXBpVmVyc2lvbjogdjEKa2luZDogQ29uZmlnCmNsdXN0ZXJzOgotIGNsdXN0ZXI6CiAgICBjZXJ0aWZpY2F0ZQ',
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUM=',
  JWT,
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY1wJalrXUtnFEMI7',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'a'.repeat(254),
  'file:two words',
  'file:',
  'env:',
  'env:A B',
  'env:1A',
  'env:A=hunter2',
  'password',
];

describe('a reference to credentials', () => {
  it.each(REFERENCES)('"%s" is good', (ref) => {
    expect(credentialRefFault(ref)).toBeNull();
    expect(kubeconfigRefFault(ref)).toBeNull();
  });

  it.each(NAMES)('"%s" is good for a kubeconfig alone', (ref) => {
    expect(kubeconfigRefFault(ref)).toBeNull();
    expect(credentialRefFault(ref)).not.toBeNull();
  });

  it.each(SECRETS)('%j is refused, and not a word of it is told', (secret) => {
    const faults = [credentialRefFault(secret), secret === 'password' ? null : kubeconfigRefFault(secret)];
    for (const fault of faults.filter((one) => one !== null)) {
      expect(fault).toMatch(/^(must be|looks like)/);
      expect(fault).not.toContain('hunter2');
    }
    expect(faults[0]).not.toBeNull();
    if (secret !== 'password') expect(faults[1]).not.toBeNull();
  });

  it('behind file: is a path, not a secret', () => {
    expect(credentialRefFault(`file:${JWT}`)).not.toBeNull();
  });

  it('is refused for whatever random bytes give in base64', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 60, maxLength: 180 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64').replace(/[+/=]/g, '7');
        expect(kubeconfigRefFault(text)).not.toBeNull();
        expect(credentialRefFault(text)).not.toBeNull();
      }),
    );
  });
});
