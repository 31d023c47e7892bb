import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseFaultFlag } from './flag.ts';
import { formatFaultMistake } from './mistake.ts';
import { parseFaultsYaml } from './yaml.ts';

it.each([
  ['machine-2/verify-in-cluster=fail:2', '{machine: machine-2, step: verify-in-cluster, fault: fail, attempts: 2}'],
  ['*/*=hang@3/6', '{machine: "*", step: "*", fault: hang, at: 3/6}'],
  ['m/s=lie:2-@1/2', '{machine: m, step: s, fault: lie, attempts: 2-, at: 1/2}'],
  ['m/s=late,by=20s', '{machine: m, step: s, fault: late, by: 20s}'],
  ['m/s=ignore-abort:1,for=500ms', '{machine: m, step: s, fault: ignore-abort, attempts: 1, for: 500ms}'],
  ['m/s=fail,terminal,code=X_1', '{machine: m, step: s, fault: fail, terminal: true, code: X_1}'],
  ['m/s=fail,terminal=false,message=a, b=c', '{machine: m, step: s, fault: fail, message: "a, b=c"}'],
])('%s is short for %s', (flag, row) => {
  const read = parseFaultFlag(flag);
  expect(read.kind).toBe('faults');
  expect(read).toEqual(parseFaultsYaml(`faults: [${row}]`, 'faults.yaml'));
});

const form = 'write MACHINE/STEP=FAULT[:ATTEMPTS][@STAGE][,OPTION=VALUE…], such as machine-2/verify-in-cluster=fail:2';

it.each([
  ['', [`column 1: ${form}`]],
  ['machine-2', [`column 1: ${form}`]],
  ['m/s', [`column 1: ${form}`]],
  ['m/s=', ['column 5: fault must be one of fail, hang, ignore-abort, lie, late, throw, unknown']],
  ['m/s=late', ['column 1: by is missing: how late the answer is, such as 20s']],
  ['m/s=late,by=20s,by=3s', ['column 17: by is given twice']],
  ['m/s=hang@3/6:2', ['column 10: at must be a stage such as 3/6, the third of six']],
  ['m/s=fail,terminal=maybe', ['column 10: terminal must be true or false']],
  ['m/s=lie,,code=X', ['column 9: it is no key that belongs here', 'column 10: code does not go with fault lie']],
  [
    'M/s=fail:0@9/3,foo=1',
    [
      'column 1: machine must be a machine id, or "*" for all',
      'column 10: attempts must be "all", a number N for the first N, or a range such as 2-3 or 2-',
      'column 12: at must be a stage such as 3/6, the third of six',
      'column 16: foo is no key that belongs here',
    ],
  ],
])('every mistake of "%s"', (flag, told) => {
  const read = parseFaultFlag(flag);
  const mistakes = read.kind === 'mistakes' ? read.mistakes.map(formatFaultMistake) : [];
  expect(mistakes).toEqual(told.map((mistake) => `"${flag}", ${mistake}`));
});

it('says the same as the file in the examples of docs/faults.md', () => {
  const guide = readFileSync(new URL('../../../../../docs/faults.md', import.meta.url), 'utf8');
  const [, yaml = '', flags = ''] = /```yaml\n(.*?)```.*?```\n(.*?)```/s.exec(guide) ?? [];
  const short = flags.trim().split('\n').map(parseFaultFlag);
  const faults = short.flatMap((read) => (read.kind === 'faults' ? read.faults : []));
  expect(faults).toHaveLength(3);
  expect(parseFaultsYaml(yaml, 'faults.yaml')).toEqual({ kind: 'faults', faults });
});
