import { describe, expect, it } from 'vitest';
import { readScript } from './load.ts';
import { formatScriptMistake } from './mistake.ts';

const SMALLEST = `
title: A walk
roles: { one: machine-1 }
chapters:
  - id: first
    title: The first
    time: 1.5m
    beats:
      - say: Look at {one},
          and at nothing else.
        command: { repave: { machine: one, as: fresh } }
        waitFor:
          - run: { name: fresh, phase: SUCCEEDED }
`;

function mistakes(text: string, checkFault?: (fault: string) => readonly string[]): readonly string[] {
  const read = readScript(text, 'walk.yaml', checkFault && { fault: checkFault });
  return read.kind === 'mistakes' ? read.mistakes.map(formatScriptMistake) : [];
}

describe('readScript', () => {
  it('fills in what is left out', () => {
    const read = readScript(SMALLEST, 'walk.yaml');
    if (read.kind !== 'script') return expect.unreachable(JSON.stringify(read.mistakes));
    expect(read.script).toEqual({
      title: 'A walk',
      roles: { one: ['machine-1'] },
      faults: [],
      files: {},
      summary: [],
      questions: [],
      chapters: [
        {
          id: 'first',
          title: 'The first',
          plannedMs: 90_000,
          counted: true,
          needs: [],
          beats: [
            {
              say: 'Look at {one}, and at nothing else.',
              points: [],
              show: { machine: null, pane: null, card: null },
              command: {
                kind: 'start',
                run: 'repave',
                plan: '',
                machine: 'one',
                as: 'fresh',
                params: {},
                reason: '',
                requestId: '',
                detach: false,
              },
              waitFor: [{ kind: 'run', name: 'fresh', phase: 'SUCCEEDED', step: '', percent: 0, retried: '' }],
              onFail: '',
            },
          ],
        },
      ],
    });
  });

  it('tells every mistake at once, each with file, line and column', () => {
    const text = `
title: A walk
roles: { one: machine-x }
chapters:
  - id: first
    time: soon
    beats:
      - say: Hello
        shout: true
        waitFor:
          - run: { name: fresh, phase: DONE }
          - server: up
            machines: 3
`;
    expect(mistakes(text)).toEqual([
      'walk.yaml:3:15: roles.one must be the id of a demo machine, such as machine-1',
      'walk.yaml:5:5: chapters[0].title is missing: must be text of at most 60 characters',
      'walk.yaml:6:11: chapters[0].time must be a time such as 45s or 1.5m, at most 60m',
      'walk.yaml:9:9: chapters[0].beats[0].shout is no key that belongs here',
      'walk.yaml:11:40: chapters[0].beats[0].waitFor[0].run.phase must be one of PENDING, RUNNING, SUCCEEDED, FAILED, CANCELED',
      'walk.yaml:12:13: chapters[0].beats[0].waitFor[1] must have exactly one of server, machines, machine, run, same, plans, past, many, idle, store',
    ]);
  });

  it('tells what is named and not there', () => {
    const text = `
title: A walk
roles: { one: machine-1 }
chapters:
  - id: first
    title: The first of {nobody}
    time: 10s
    needs:
      - machine: { role: two, free: true }
      - same: [a, b]
      - server: stopped
    beats:
      - say: Look at {two}.
        command: { cancel: { run: fresh, reason: "not {two}" } }
      - say: Again.
        command: { repave: { machine: one } }
        waitFor:
          - run: { name: repave, phase: SUCCEEDED }
          - run: { name: fresh }
        show: { machine: three }
  - id: first
    title: The second
    time: 10s
    beats:
      - say: A run of the chapter before is not known here.
        waitFor:
          - run: { name: repave, phase: SUCCEEDED }
`;
    expect(mistakes(text)).toEqual([
      'walk.yaml:9:9: chapters[0].needs[0] names the role "two", which is not among roles',
      'walk.yaml:10:9: chapters[0].needs[1] cannot be a need: nothing can bring about "same"',
      'walk.yaml:11:9: chapters[0].needs[2] cannot be a need: a chapter begins with a server or says nothing of it',
      'walk.yaml:13:9: chapters[0].beats[0] has {two}, which is no role',
      'walk.yaml:14:18: chapters[0].beats[0].command names the run "fresh", which nothing before it in its chapter starts',
      'walk.yaml:14:18: chapters[0].beats[0].command has {two}, which is no role',
      'walk.yaml:19:13: chapters[0].beats[1].waitFor[1] names the run "fresh", which nothing before it in its chapter starts',
      'walk.yaml:20:26: chapters[0].beats[1].show.machine names the role "three", which is not among roles',
      'walk.yaml:21:9: chapters[1].id is used twice: first',
      'walk.yaml:27:13: chapters[1].beats[0].waitFor[0] names the run "repave", which nothing before it in its chapter starts',
    ]);
  });

  it('has faults looked at by who knows them, with the role filled in', () => {
    const text = `${SMALLEST}faults: ['{one}/x=fail', '{two}/x=fail']\n`;
    const seen: string[] = [];
    const told = mistakes(SMALLEST.concat("faults: ['{one}/x=fail']\n"), (fault) => {
      seen.push(fault);
      return ['there is no such fault'];
    });
    expect(seen).toEqual(['machine-1/x=fail']);
    expect(told).toEqual(['walk.yaml:14:10: faults[0] is no fault: there is no such fault']);
    expect(mistakes(text)).toEqual(['walk.yaml:14:26: faults[1] has {two}, which is no role']);
  });

  it.each([
    ['title: [', /^walk.yaml:1:9: /],
    ['- a\n- b\n', /^walk.yaml:1:1: it must be a map with the keys title and chapters$/],
    ['', /^walk.yaml:1:1: it must be a map with the keys title and chapters$/],
    ['title: &a x\nchapters: *a\n', /^walk.yaml:2:11: aliases are not taken here$/],
    [`title: ${'x'.repeat(1_000_001)}`, /^walk.yaml:1:1: it is 1000008 characters long/],
  ])('refuses what is no script at all', (text, told) => {
    expect(mistakes(text)[0]).toMatch(told);
  });

  describe('with files', () => {
    const withFiles = (commands: string, files: string) =>
      `${SMALLEST}      - say: A file.\n${commands}files:\n${files}`;
    const IMPORT = '        command: { import: { file: racks.csv } }\n';

    it('takes machines and plans out of them, as they are written', () => {
      const text = withFiles(
        `${IMPORT}        show: { card: file }\n      - say: A plan.\n        command: { create-plan: { file: own.yaml, reason: why not } }\n` +
          '      - say: A run.\n        command: { start: { plan: own, machine: one } }\n',
        '  racks.csv: |\n    id,rack\n    a,r1\n  own.yaml: "plan_id: own"\n',
      );
      const read = readScript(text, 'walk.yaml');
      if (read.kind !== 'script') return expect.unreachable(JSON.stringify(read.mistakes));
      expect(read.script.files).toEqual({ 'racks.csv': 'id,rack\na,r1\n', 'own.yaml': 'plan_id: own' });
      expect(read.script.chapters[0]?.beats.slice(1).map(({ command }) => command)).toEqual([
        { kind: 'import-file', file: 'racks.csv' },
        { kind: 'create-plan', file: 'own.yaml', reason: 'why not' },
        expect.objectContaining({ kind: 'start', run: null, plan: 'own', as: 'own' }),
      ]);
    });

    it('tells which are named and not there, and which cannot be shown', () => {
      const text = withFiles(`${IMPORT}      - say: No file.\n        show: { card: file }\n`, '  other.csv: "id"\n');
      expect(mistakes(text)).toEqual([
        'walk.yaml:15:18: chapters[0].beats[1].command names the file "racks.csv", which is not among files',
        'walk.yaml:17:23: chapters[0].beats[2].show.card shows a file, and the beat has no command with one',
      ]);
    });

    it('tells which have no name of a file, or no text', () => {
      expect(mistakes(SMALLEST.replace('one: machine-1', 'One: machine-1'))[0]).toBe(
        'walk.yaml:3:15: roles.One must be a word of a-z, 0-9 and -',
      );
      expect(mistakes(`${SMALLEST}files: { ../racks.csv: x, racks.csv: 3 }\n`)).toEqual([
        'walk.yaml:14:24: files.../racks.csv must be a file name that ends in .csv, .yaml or .json',
        'walk.yaml:14:38: files.racks.csv must be the text of the file, at most 100000 characters',
      ]);
    });

    it('has them looked at by who reads them', () => {
      const read = readScript(withFiles(IMPORT, '  racks.csv: "nonsense"\n'), 'walk.yaml', {
        file: (use, name, text) => [`${use} ${name} ${text}`],
      });
      expect(read.kind === 'mistakes' && read.mistakes.map(formatScriptMistake)).toEqual([
        'walk.yaml:17:14: files.racks.csv cannot be used: machines racks.csv nonsense',
      ]);
    });
  });
});
