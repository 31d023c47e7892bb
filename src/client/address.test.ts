import { describe, expect, it } from 'vitest';
import { parseAddress } from './address.ts';

describe('parseAddress', () => {
  it.each([
    ['127.0.0.1:50051', '127.0.0.1:50051', 'dns:127.0.0.1:50051'],
    ['host.example:7', 'host.example:7', 'dns:host.example:7'],
    ['host', 'host:50051', 'dns:host:50051'],
    [':7000', '127.0.0.1:7000', 'dns:127.0.0.1:7000'],
    ['7000', '127.0.0.1:7000', 'dns:127.0.0.1:7000'],
    ['0', '127.0.0.1:0', 'dns:127.0.0.1:0'],
    ['[::1]:7000', '[::1]:7000', 'ipv6:[::1]:7000'],
    ['[::1]', '[::1]:50051', 'ipv6:[::1]:50051'],
    ['unix:/run/bmdemo.sock', 'unix:/run/bmdemo.sock', 'unix:/run/bmdemo.sock'],
    ['unix:rel.sock', 'unix:rel.sock', 'unix:rel.sock'],
  ])('reads %s', (text, label, target) => {
    expect(parseAddress(text)).toMatchObject({ label, target });
  });

  it.each([
    ['', 'must be HOST:PORT or unix:PATH'],
    ['a:b', 'must be HOST:PORT or unix:PATH'],
    ['::1', 'must be HOST:PORT or unix:PATH'],
    ['http://host:1', 'must be HOST:PORT or unix:PATH'],
    ['host:70000', 'has a port above 65535: 70000'],
    ['ho st:1', 'names no host: "ho st"'],
    ['-x:1', 'names no host: "-x"'],
    ['[zz]:1', 'names no IPv6 address: "zz"'],
    ['unix:', 'needs a path behind unix:'],
  ])('refuses %s', (text, sentence) => {
    expect(() => parseAddress(text)).toThrow(sentence);
  });
});
