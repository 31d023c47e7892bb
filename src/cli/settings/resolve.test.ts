import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandFailure } from '../failure.ts';
import { addSettings, listenAddress, readSettings } from './resolve.ts';
import { SERVER_SETTINGS } from './settings.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bmdemo-settings-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The settings of a command line, an environment, and a configuration file. */
function settings(words: readonly string[], env: NodeJS.ProcessEnv = {}, file?: string) {
  const command = new Command('test').exitOverride();
  addSettings(command, ['server', 'color', 'verbose', 'listen', 'port', ...SERVER_SETTINGS]);
  command.parse(words, { from: 'user' });
  const path = join(folder, 'config.yaml');
  if (file !== undefined) writeFileSync(path, file);
  const config = file === undefined ? { XDG_CONFIG_HOME: folder } : { BMDEMO_CONFIG: path };
  return readSettings([command], { ...config, ...env });
}

describe('a setting', () => {
  it('comes from the flag before the environment before the file', () => {
    const file = 'speed: 1\nseed: 1\nmax-runs: 1\n';
    const env = { BMDEMO_SPEED: '2', BMDEMO_SEED: '2' };
    const read = settings(['--speed', '3'], env, file);
    expect(read.given('speed')).toEqual({ value: 3, source: 'flag', label: '--speed' });
    expect(read.given('seed')).toEqual({ value: 2, source: 'environment', label: 'BMDEMO_SEED' });
    expect(read.given('max-runs')).toMatchObject({ value: 1, source: 'file' });
    expect(read.given('max-runs')?.label).toBe(`max-runs in ${join(folder, 'config.yaml')} line 3`);
    expect(read.given('slow')).toBeUndefined();
  });

  it('is not given by a variable that is empty', () => {
    expect(settings([], { BMDEMO_SPEED: '' }).given('speed')).toBeUndefined();
  });

  it.each([
    ['true', true],
    ['1', true],
    ['no', false],
  ])('is yes or no as the variable says: %s', (text, value) => {
    expect(settings([], { BMDEMO_SLOW: text }).value('slow')).toBe(value);
  });

  it('may be a list', () => {
    const limits = [
      { kind: 'rack', name: '', most: 20 },
      { kind: 'cluster', name: 'prod-a', most: 2 },
    ];
    expect(settings(['--limit', 'rack=20', '--limit', 'cluster:prod-a=2']).value('limit')).toEqual(limits);
    expect(settings([], { BMDEMO_LIMIT: 'rack=20\ncluster:prod-a=2' }).value('limit')).toEqual(limits);
    expect(settings([], {}, 'limit: [rack=20, "cluster:prod-a=2"]').value('limit')).toEqual(limits);
    expect(settings(['--limit', 'none']).value('limit')).toEqual([]);
    expect(settings([]).value('limit')).toBeUndefined();
    expect(() => settings(['--limit', 'row=3']).value('limit')).toThrow(/--limit must be rack=N.*and is "row=3"/);
    expect(() => settings(['--limit', 'rack=1', '--limit', 'rack=2']).value('limit')).toThrow(/--limit says rack/);
    expect(settings(['--fault', 'a', '--fault', 'b']).value('fault')).toEqual(['a', 'b']);
    expect(settings([], { BMDEMO_FAULT: 'a\nb' }).value('fault')).toEqual(['a', 'b']);
    expect(settings([], {}, 'fault: [a, b]').value('fault')).toEqual(['a', 'b']);
  });

  it('may be taken back by --no', () => {
    expect(settings(['--no-color']).value('color')).toBe(false);
    expect(settings([]).value('color')).toBeUndefined();
  });

  it.each([
    [['--speed', 'fast'], {}, '--speed must be a number, and is "fast"'],
    [['--speed', '0'], {}, '--speed must be a number from 0.01 to 1000, and is "0"'],
    [['--port', '70000'], {}, '--port must be a port, 0 to 65535, and is "70000"'],
    [['--server', 'a:b'], {}, '--server must be HOST:PORT or unix:PATH, and is "a:b"'],
    [[], { BMDEMO_SLOW: 'maybe' }, 'BMDEMO_SLOW must be true or false, and is "maybe"'],
    [[], { BMDEMO_LOG_LEVEL: 'loud' }, 'BMDEMO_LOG_LEVEL must be trace, debug, info, warn, error or fatal'],
  ])('that is wrong is named as it was given: %j %j', (words, env, sentence) => {
    const read = settings(words, env);
    const readAll = () => {
      for (const name of ['server', 'port', ...SERVER_SETTINGS] as const) read.value(name);
    };
    expect(readAll).toThrow(sentence);
  });
});

/** What is wrong with a configuration file, a line each. */
function mistakesOf(file: string): readonly string[] {
  try {
    settings([], {}, file);
  } catch (error) {
    if (error instanceof CommandFailure) return error.lines;
    throw error;
  }
  return [];
}

describe('the configuration file', () => {
  it.each([
    ['server: a:1\n\nsped: 3\n', ['3:1: sped is no setting; did you mean speed?']],
    ['completely: off\n', ['1:1: completely is no setting; `bmdemo config init` writes a file that has them all']],
    ['# first\nspeed: fast\n', ['2:8: speed must be a number']],
    ['speed:\n', ['1:7: speed must be a number']],
    ['speed: 1\nspeed: 2\n', ['2:1: Map keys must be unique']],
    ['- speed\n', ['1:1: it must be settings, one a line, such as `server: 127.0.0.1:50051`']],
    ['speed: [1\n', ['2:1: Flow sequence in block collection must be sufficiently indented and end with a ]']],
    ['slow: 3\n', ['1:7: slow must be true or false']],
    ['a: &x 1\nspeed: *x\n', ['2:8: aliases are not taken here']],
    [
      'theme: pink\nslow: 3\nkyes: 1\nkeys:\n  run.repave: f9\n',
      [
        '1:8: theme must be dark, light, high-contrast, mono or ascii',
        '2:7: slow must be true or false',
        '3:1: kyes is no setting; did you mean keys?',
        '5:15: keys.run.repave is "f9", which is no key',
      ],
    ],
  ])('names line and column of every mistake: %j', (text, places) => {
    const told = mistakesOf(text);
    expect(told).toHaveLength(places.length);
    for (const [at, place] of places.entries()) expect(told[at]).toContain(`config.yaml:${place}`);
  });

  it('gives keys to actions', () => {
    const read = settings([], {}, 'keys:\n  run.repave: R\n  run.cancel: [X, Del, Ctrl-X]\n  find.next: 9\n');
    expect([...read.file.keymap]).toEqual([
      ['run.repave', ['R']],
      ['run.cancel', ['X', 'delete', 'ctrl-x']],
      ['find.next', ['9']],
    ]);
    expect(read.file.keyLabels.get('run.cancel')).toBe(`keys.run.cancel in ${join(folder, 'config.yaml')} line 3`);
  });

  it('may swap the keys of two actions', () => {
    const { keymap } = settings([], {}, 'keys: {run.repave: b, run.reboot: r}').file;
    expect([keymap.get('run.repave'), keymap.get('run.reboot')]).toEqual([['b'], ['r']]);
  });

  it.each([
    ['run.repav: R', '2:3: keys.run.repav is no action; did you mean run.repave?'],
    [
      'run.repave: ctrl-alt-x',
      '2:15: keys.run.repave is "ctrl-alt-x", which is no key: a key is one character such as r',
    ],
    ['run.repave: []', '2:15: keys.run.repave must be a key, or a list of keys'],
    ['run.repave: {a: b}', '2:15: keys.run.repave must be a key, or a list of keys'],
    ['run.repave: Ctrl-C', '2:15: keys.run.repave is "ctrl-c", which is reserved: it leaves the program'],
    ['run.repave: [R, esc]', '2:19: keys.run.repave[1] is "esc", which is reserved: it leads back'],
    ['run.repave: ctrl-m', '2:15: keys.run.repave is "ctrl-m", which is reserved: terminals send Enter for it'],
    ['program.redraw: R', '2:19: keys.program.redraw is "R", which could not be typed into a text any more'],
    ['run.repave: [R, R]', '2:19: keys.run.repave[1] has "R" twice'],
    ['run.repave: b', '2:15: keys.run.repave is "b", which run.reboot has by itself; give that another key as well'],
    ['run.repave: X\n  run.rma: X', '3:12: keys.run.rma is "X", which run.repave has been given as well'],
    ['move.out: X', '2:3: keys.move.out always has Esc, which stays as it is'],
    ['dialog.yes: j', '2:3: keys.dialog.yes belongs to questions and lines that are typed'],
  ])('refuses keys that cannot be: %s', (text, sentence) => {
    const told = mistakesOf(`keys:\n  ${text}\n`);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(`config.yaml:${sentence}`);
  });

  it('may be empty, or not there', () => {
    expect(settings([], {}, '# nothing\n').given('speed')).toBeUndefined();
    expect(settings([]).given('speed')).toBeUndefined();
  });

  it('must be there where it is named', () => {
    expect(() => settings(['--config', join(folder, 'none.yaml')])).toThrow('there is no such file');
    expect(() => settings(['--config', folder])).toThrow('it is a directory');
  });
});

describe('where to listen', () => {
  it.each([
    [[], {}, '127.0.0.1:50051'],
    [['--port', '7000'], {}, '127.0.0.1:7000'],
    [['--listen', 'unix:/run/b.sock'], {}, 'unix:/run/b.sock'],
    [['--port', '0'], { BMDEMO_LISTEN: '127.0.0.1:9' }, '127.0.0.1:0'],
    [['--listen', '127.0.0.1:9'], { BMDEMO_PORT: '7' }, '127.0.0.1:9'],
  ])('is what the stronger place says: %j %j', (words, env, label) => {
    expect(listenAddress(settings(words, env)).label).toBe(label);
  });

  it('is said once in one place', () => {
    const both = settings(['--port', '1', '--listen', '127.0.0.1:2']);
    expect(() => listenAddress(both)).toThrow('--listen and --port both say where to listen; give one of them');
  });
});
