import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ioDouble } from './output/io-double.ts';
import { runProgram } from './program.ts';
import { defaultsIn } from './settings/defaults.ts';
import { readSettings } from './settings/resolve.ts';
import type { SettingName } from './settings/settings.ts';
import { SETTINGS } from './settings/settings.ts';

let home = '';
let path = '';

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'bmdemo-config-'));
  path = join(home, 'bmdemo', 'config.yaml');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function bmdemo(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const io = ioDouble({ env: { XDG_CONFIG_HOME: home, ...env } });
  const code = await runProgram(['config', ...words], io);
  return { code, ...io.written };
}

describe('config path', () => {
  it('says where the file is, also where there is none or it is wrong', async () => {
    expect(await bmdemo(['path'])).toEqual({ code: 0, out: `${path}\n`, err: '' });
    expect((await bmdemo(['path'], { BMDEMO_CONFIG: '/a/b.yaml' })).out).toBe('/a/b.yaml\n');
    expect((await bmdemo(['path', '--config', 'c.yaml'])).out).toBe('c.yaml\n');
    const broken = join(home, 'broken.yaml');
    writeFileSync(broken, 'nothing: good\n');
    expect((await bmdemo(['path', '--config', broken])).out).toBe(`${broken}\n`);
  });
});

describe('config init', () => {
  it('writes a file that names everything and sets nothing, for its owner alone', async () => {
    expect(await bmdemo(['init'])).toEqual({ code: 0, out: `${path}\n`, err: '' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { file } = readSettings([], { XDG_CONFIG_HOME: home });
    expect([file.exists, file.entries.size, file.keymap.size]).toEqual([true, 0, 0]);
    const text = readFileSync(path, 'utf8');
    for (const name of Object.keys(SETTINGS)) expect(text).toMatch(new RegExp(`^#${name}: .`, 'm'));
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(160);
  });

  it('writes examples that are all good', async () => {
    await bmdemo(['init']);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/^#(?=\S| {2}\S)/gm, ''));
    const { file } = readSettings([], { XDG_CONFIG_HOME: home });
    expect([...file.entries.keys()]).toEqual(Object.keys(SETTINGS));
    expect(file.keymap.get('run.repave')).toEqual(['r']);
    expect(file.keymap.get('move.up')).toEqual(['k', 'up']);
  });

  it('writes over nothing unless it is told to', async () => {
    await bmdemo(['init']);
    writeFileSync(path, 'theme: light\n');
    const { code, err } = await bmdemo(['init']);
    expect({ code, err }).toEqual({ code: 5, err: `error: ${path} is there already; --force writes over it\n` });
    expect(readFileSync(path, 'utf8')).toBe('theme: light\n');
    expect((await bmdemo(['init', '--force'])).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toContain('#theme: dark\n');
  });

  it('says why it cannot be written', async () => {
    const { code, err } = await bmdemo(['init', '--config', join(home, 'x\0y', 'config.yaml')]);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: cannot write /);
  });
});

describe('config print', () => {
  it('says what holds and where it comes from', async () => {
    await bmdemo(['init']);
    const store = 'postgres://lin:secret@db/bmdemo';
    writeFileSync(path, `theme: light\nspeed: 3\nstore: ${store}\nkeys:\n  run.repave: [R, ctrl-r]\n`);
    const { code, out, err } = await bmdemo(['print', '--theme', 'mono'], { BMDEMO_SPEED: '2' });
    expect(code).toBe(0);
    expect(out).toMatch(/^SETTING +VALUE +FROM\n/);
    expect(out).toMatch(/^theme +mono +--theme$/m);
    expect(out).toMatch(/^speed +2 +BMDEMO_SPEED$/m);
    expect(out).toMatch(new RegExp(`^store +postgres://.* +store in ${path} line 3$`, 'm'));
    expect(out).not.toContain('secret');
    expect(out).toMatch(/^max-runs +1000 +default$/m);
    expect(out).toMatch(new RegExp(`^keys.run.repave +R Ctrl-R +keys.run.repave in ${path} line 5$`, 'm'));
    expect(out).not.toContain('keys.run.cancel');
    expect(err).toBe(`the configuration file is ${path}\n`);
  });

  it('is a document for programs', async () => {
    const { out } = await bmdemo(['print', '-o', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      file: { path, exists: false },
      settings: {
        theme: { value: 'dark', from: 'default', label: '' },
        output: { value: 'json', from: 'flag', label: '--output' },
      },
      keys: { 'keys.run.cancel': { value: 'c', from: 'default' } },
    });
    expect((await bmdemo(['print', '-o', 'name', '--slow'])).out).toBe('output\nslow\n');
  });

  it('tells every mistake of the file', async () => {
    await bmdemo(['init']);
    writeFileSync(path, 'theme: pink\nsped: 3\n');
    const { code, err } = await bmdemo(['print']);
    expect(code).toBe(2);
    expect(err).toBe(
      `error: the configuration file ${path} cannot be used: 2 mistakes
  ${path}:1:8: theme must be dark, light, high-contrast, mono or ascii
  ${path}:2:1: sped is no setting; did you mean speed?
`,
    );
  });

  it('has the defaults that the help names', () => {
    const defaults = defaultsIn({});
    const named = Object.entries(SETTINGS).flatMap(([name, { help }]) => {
      const [, text] = /\(default ([^\s;)]+)/.exec(help) ?? [];
      return text === undefined ? [] : [[name, text] as const];
    });
    expect(named.length).toBeGreaterThan(10);
    for (const [name, text] of named) expect([name, defaults[name as SettingName].text]).toEqual([name, text]);
  });
});
