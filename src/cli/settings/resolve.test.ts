import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

describe('the configuration file', () => {
  it.each([
    ['server: a:1\n\nsped: 3\n', 'config.yaml line 3: there is no setting "sped"; did you mean speed?'],
    ['# first\nspeed: fast\n', 'config.yaml line 2: speed must be a number'],
    ['speed: 1\nspeed: 2\n', 'config.yaml line 2: Map keys must be unique'],
    ['- speed\n', 'config.yaml line 1: must be settings, one a line'],
    ['speed: [1\n', 'config.yaml line 2: Flow sequence'],
    ['slow: 3\n', 'config.yaml line 1: slow must be true or false'],
  ])('names the line of a mistake: %j', (text, sentence) => {
    expect(() => settings([], {}, text)).toThrow(sentence);
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
