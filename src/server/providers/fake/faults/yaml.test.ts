import { describe, expect, it } from 'vitest';
import { formatFaultMistake } from './mistake.ts';
import { parseFaultsYaml } from './yaml.ts';

/** What is wrong with a script, a line each. */
function mistakes(text: string): string {
  const read = parseFaultsYaml(text, 'faults.yaml');
  return read.kind === 'faults' ? '' : read.mistakes.map(formatFaultMistake).join('\n');
}

describe('a fault script', () => {
  it('is read with everything that it may say', () => {
    const text = `
faults:
  - { machine: machine-2, step: verify-in-cluster, fault: fail, attempts: 2 }
  - machine: machine-3
    step: repave-image
    fault: fail
    at: 4/6
    terminal: true
    code: DISK_DEAD
    message: nvme0n1 is gone
  - { machine: "*", step: "*", fault: hang, attempts: 2-3, at: 3/6 }
  - { machine: m, step: s, fault: ignore-abort, attempts: all }
  - { machine: m, step: s, fault: ignore-abort, for: 20s }
  - { machine: m, step: s, fault: lie, attempts: 2- }
  - { machine: m, step: s, fault: late, by: 1.5m }
  - { machine: m, step: s, fault: throw }
  - { machine: m, step: s, fault: unknown }
  - { machine: m, step: s, fault: unknown, effect: unclear }
`;
    const always = { from: 1, to: null };
    const any = { machine: 'm', step: 's', attempts: always, at: null };
    expect(parseFaultsYaml(text, 'faults.yaml')).toEqual({
      kind: 'faults',
      faults: [
        {
          machine: 'machine-2',
          step: 'verify-in-cluster',
          attempts: { from: 1, to: 2 },
          at: null,
          misbehaviour: { kind: 'fail', terminal: false, code: '', message: '' },
        },
        {
          machine: 'machine-3',
          step: 'repave-image',
          attempts: always,
          at: { stage: 4, of: 6 },
          misbehaviour: { kind: 'fail', terminal: true, code: 'DISK_DEAD', message: 'nvme0n1 is gone' },
        },
        {
          machine: '*',
          step: '*',
          attempts: { from: 2, to: 3 },
          at: { stage: 3, of: 6 },
          misbehaviour: { kind: 'hang' },
        },
        { ...any, misbehaviour: { kind: 'ignore-abort', forMs: null } },
        { ...any, misbehaviour: { kind: 'ignore-abort', forMs: 20_000 } },
        { ...any, attempts: { from: 2, to: null }, misbehaviour: { kind: 'lie' } },
        { ...any, misbehaviour: { kind: 'late', byMs: 90_000 } },
        { ...any, misbehaviour: { kind: 'throw' } },
        { ...any, misbehaviour: { kind: 'unknown', effect: 'none' } },
        { ...any, misbehaviour: { kind: 'unknown', effect: 'unclear' } },
      ],
    });
  });

  it('may have no faults at all', () => {
    expect(parseFaultsYaml('faults: []', 'faults.yaml')).toEqual({ kind: 'faults', faults: [] });
  });
});

describe('mistakes in a fault script', () => {
  it('are told all at once, each where it is', () => {
    const text = `faults:
  - machine: Machine 1
    fault: explode
    attempts: 3-2
    at: 7/6
    forr: 3s
  - machine: m
    step: 5
    fault: hang
    by: 20s
  - 5
  - machine: m
    step: s
    fault: late
    terminal: yes
  - { machine: m, step: s, fault: ignore-abort, for: 25h }
x: 1
`;
    expect(mistakes(text)).toBe(`\
faults.yaml:2:5: faults[0].step is missing: must be the name of a step, or "*" for all
faults.yaml:2:14: faults[0].machine must be a machine id, or "*" for all
faults.yaml:3:12: faults[0].fault must be one of fail, hang, ignore-abort, lie, late, throw, unknown
faults.yaml:4:15: faults[0].attempts must be "all", a number N for the first N, or a range such as 2-3 or 2-
faults.yaml:5:9: faults[0].at must be a stage such as 3/6, the third of six
faults.yaml:6:5: faults[0].forr is no key that belongs here
faults.yaml:8:11: faults[1].step must be the name of a step, or "*" for all
faults.yaml:10:5: faults[1].by does not go with fault hang
faults.yaml:11:5: faults[2] must be a map such as {machine: …, step: …, fault: …}
faults.yaml:12:5: faults[3].by is missing: how late the answer is, such as 20s
faults.yaml:15:5: faults[3].terminal does not go with fault late
faults.yaml:15:15: faults[3].terminal must be true or false
faults.yaml:16:54: faults[4].for must be a time such as 500ms, 20s, 1.5m or 2h, at most 24h
faults.yaml:17:1: x is no key that belongs here`);
  });

  it.each([
    ['an empty file', '', 'faults.yaml:1:1: it must be a map with the key "faults"'],
    ['a list', '- 1', 'faults.yaml:1:1: it must be a map with the key "faults"'],
    ['no faults', '{}', 'faults.yaml:1:1: faults is missing: must be a list of faults'],
    ['no list', 'faults: 3', 'faults.yaml:1:9: faults must be a list of faults'],
    ['broken syntax', '[1,2', 'faults.yaml:1:5: Flow sequence must end with a ]'],
    ['a key twice', 'faults: []\nfaults: []', 'faults.yaml:2:1: Map keys must be unique'],
    ['a tag', 'faults: !x []', 'faults.yaml:1:9: Unresolved tag: !x'],
    [
      'a star without quotes',
      'faults:\n  - {machine: m, step: s, fault: lie}\n  - machine: *\n    step: s\n    fault: lie',
      'faults.yaml:3:14: aliases are not taken here; for all machines or steps write "*" with its quotes',
    ],
    [
      'an alias',
      'faults:\n  - &a {machine: m, step: s, fault: lie}\n  - *a',
      'faults.yaml:3:5: aliases are not taken here; for all machines or steps write "*" with its quotes',
    ],
  ])('%s', (_, text, told) => {
    expect(mistakes(text)).toBe(told);
  });

  it('are too many faults, and too long a file', () => {
    const row = '\n- {machine: m, step: s, fault: lie}';
    expect(mistakes(`faults:${row.repeat(1_001)}`)).toBe('faults.yaml:2:1: faults must have at most 1000 faults');
    expect(mistakes('#'.repeat(1_000_001))).toBe(
      'faults.yaml:1:1: it is 1000001 characters long, and may be at most 1000000',
    );
  });
});
