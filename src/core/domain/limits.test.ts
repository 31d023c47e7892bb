import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LIMITS,
  labelViolations,
  linesFault,
  machineIdFault,
  paramViolations,
  reasonFault,
  requestIdFault,
  textFault,
  userFault,
} from './limits.ts';

describe('a machine id', () => {
  it.each(['m', 'machine-1', 'r1.rack-2.dc', '0', 'a'.repeat(63)])('"%s" is good', (id) => {
    expect(machineIdFault(id)).toBeNull();
  });

  it.each([
    ['', 'is required'],
    ['a'.repeat(64), 'is longer than 63 characters'],
    ['Machine-1', 'may hold a-z, 0-9, "." and "-" alone'],
    ['machine_1', 'may hold a-z, 0-9, "." and "-" alone'],
    ['machine 1', 'may hold a-z, 0-9, "." and "-" alone'],
    ['machine-1\n', 'may hold a-z, 0-9, "." and "-" alone'],
    ['-machine', 'must begin and end with a letter or a digit'],
    ['machine.', 'must begin and end with a letter or a digit'],
    ['-', 'must begin and end with a letter or a digit'],
    ['..', 'must begin and end with a letter or a digit'],
  ])('"%s": %s', (id, fault) => {
    expect(machineIdFault(id)).toBe(fault);
  });
});

describe('a request id', () => {
  it.each(['1', 'demo request 7', 'a/b:c', 'ü', 'x'.repeat(128)])('"%s" is good', (id) => {
    expect(requestIdFault(id)).toBeNull();
  });

  it.each([
    ['', 'is required: with it the call can be repeated'],
    ['  ', 'is required: with it the call can be repeated'],
    [' a', 'must not begin or end with a blank'],
    ['x'.repeat(129), 'is longer than 128 characters'],
    ['a\u0000b', 'has a character at 2 that cannot be printed'],
    ['a\nb', 'has a character at 2 that cannot be printed'],
    ['ab\u202e', 'has a character at 3 that cannot be printed'],
    ['\ud800', 'has a character at 1 that cannot be printed'],
  ])('%j: %s', (id, fault) => {
    expect(requestIdFault(id)).toBe(fault);
  });
});

describe('a reason', () => {
  it('may be missing only where it may', () => {
    expect(reasonFault('', false)).toBeNull();
    expect(reasonFault(' \n', true)).toBe('is required, for the audit trail');
  });

  it('may have lines, but no escapes', () => {
    expect(reasonFault('replaced the fan:\n\tbay 3\r\ndone 👍', true)).toBeNull();
    expect(reasonFault('\u001b[2J', true)).toBe('has a character at 1 that cannot be printed');
  });

  it('is at most 1,024 characters', () => {
    expect(reasonFault('r'.repeat(1_024), true)).toBeNull();
    expect(reasonFault('r'.repeat(1_025), false)).toBe('is longer than 1024 characters');
  });
});

describe('the name of a user', () => {
  it.each(['alice', 'alice@example.com', 'DOM\\alice', 'spiffe://example.com/ci'])('"%s" is good', (name) => {
    expect(userFault(name)).toBeNull();
  });

  it.each([
    ['', 'is required'],
    ['a'.repeat(65), 'is longer than 64 characters'],
    ['alice b', 'may hold letters, digits and . _ @ + - \\ : / alone'],
    ['alice\u001b[31m', 'may hold letters, digits and . _ @ + - \\ : / alone'],
  ])('%j: %s', (name, fault) => {
    expect(userFault(name)).toBe(fault);
  });
});

describe('texts', () => {
  it('are good exactly where every character can be printed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
        expect(textFault(text, 1_000)).toBeNull();
        expect(linesFault(`${text}\n\t${text}`, 1_000)).toBeNull();
        expect(textFault(`${text}\u0007`, 1_000)).not.toBeNull();
        expect(linesFault(`${text}\u001b`, 1_000)).not.toBeNull();
      }),
    );
  });
});

describe('values for params', () => {
  it('are good within their bounds, several lines too', () => {
    expect(paramViolations({ image_ref: 'debian:13', script: 'a\nb' })).toEqual([]);
    expect(paramViolations({ ['n'.repeat(64)]: 'v'.repeat(4_096) })).toEqual([]);
  });

  it('are told all at once', () => {
    expect(paramViolations({ a: 'v'.repeat(4_097), ['n'.repeat(65)]: '', b: 'x\u0000', 'c\u001b': '' })).toEqual([
      { field: 'params.a', description: 'is longer than 4096 characters' },
      { field: `params.${'n'.repeat(40)}…`, description: 'has a name of more than 64 characters' },
      { field: 'params.b', description: 'has a character at 2 that cannot be printed' },
      { field: 'params.c?', description: 'has a character at 2 that cannot be printed' },
    ]);
  });

  it('are at most 64, and more are told in one sentence', () => {
    const many = Object.fromEntries(Array.from({ length: LIMITS.params + 1 }, (_, index) => [`p${index}`, '\u0000']));
    expect(paramViolations(many)).toEqual([{ field: 'params', description: 'has more than 64 entries' }]);
  });
});

describe('labels', () => {
  it('are free words', () => {
    expect(labelViolations({ env: 'prod', 'example.com/team_a': 'Ops & Köln', empty: '' }, 'machine.labels')).toEqual(
      [],
    );
  });

  it('are told all at once, under their keys', () => {
    const key = 'has a key that is not letters, digits, ".", "_", "/" and "-", with a letter or a digit at both ends';
    expect(
      labelViolations(
        { '': 'x', 'a b': 'x', '-a': 'x', ['k'.repeat(129)]: 'x', long: 'v'.repeat(257), odd: 'a\nb' },
        'machine.labels',
      ),
    ).toEqual([
      { field: 'machine.labels.', description: key },
      { field: 'machine.labels.a b', description: key },
      { field: 'machine.labels.-a', description: key },
      { field: `machine.labels.${'k'.repeat(40)}…`, description: 'has a key of more than 128 characters' },
      { field: 'machine.labels.long', description: 'is longer than 256 characters' },
      { field: 'machine.labels.odd', description: 'has a character at 2 that cannot be printed' },
    ]);
  });

  it('are at most 64', () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, '']));
    expect(labelViolations(many, 'labels')).toEqual([{ field: 'labels', description: 'has more than 64 entries' }]);
  });

  it('never take the name of an object of JavaScript by its nose', () => {
    const labels = JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>;
    expect(labelViolations(labels, 'labels').map((one) => one.field)).toEqual(['labels.__proto__']);
  });
});
