import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMac } from './mac-address.ts';

describe('a MAC address', () => {
  it.each([
    'aa:bb:cc:dd:ee:ff',
    'AA:BB:CC:DD:EE:FF',
    'aa-bb-cc-dd-ee-ff',
    'aabb.ccdd.eeff',
    'AABBCCDDEEFF',
    '  aa:bb:cc:dd:ee:ff ',
  ])('"%s" is aa:bb:cc:dd:ee:ff', (text) => {
    expect(parseMac(text)).toBe('aa:bb:cc:dd:ee:ff');
  });

  it.each(['', 'aa:bb:cc:dd:ee', 'aa:bb:cc:dd:ee:fg', 'aa:bb-cc:dd-ee:ff', 'aa:bb:cc:dd:ee:ff:00', 'aabb:ccdd:eeff'])(
    '"%s" is none',
    (text) => {
      expect(parseMac(text)).toBeNull();
    },
  );

  it('reads its own answer as the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), fc.constantFrom(':', '-', ''), (bytes, between) => {
        const pairs = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
        const read = parseMac(pairs.join(between));
        expect(read).toBe(pairs.join(':'));
        expect(parseMac(read ?? '')).toBe(read);
      }),
    );
  });
});
