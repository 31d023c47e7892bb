import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fleet } from '../../test/support/fleet.ts';
import type { Store } from '../core/ports/store.ts';
import { systemClock } from '../server/clock.ts';
import { RUN_LOG_LIMITS } from '../server/stores/shared/limits.ts';
import { openSqliteStore } from '../server/stores/sqlite/store.ts';
import { ioDouble } from './output/io-double.ts';
import { runProgram } from './program.ts';

let folder = '';
let path = '';
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bmdemo-store-command-'));
  path = join(folder, 'store.db');
  store = openSqliteStore({ path, clock: systemClock, limits: RUN_LOG_LIMITS, onFault: () => {} });
  const fleet = new Fleet(store);
  await fleet.registerAll(['m1', 'm2']);
  await fleet.startAndSucceed('m1');
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function bmdemo(...words: string[]) {
  const io = ioDouble({ env: { XDG_STATE_HOME: folder } });
  const code = await runProgram(words, io);
  return { code, ...io.written };
}

describe('store info', () => {
  it('tells where it is and what is in it, while somebody has it', async () => {
    const { code, out, err } = await bmdemo('store', 'info', '--store', `sqlite:${path}`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      new RegExp(
        `^store +sqlite\\nat +${path}\\nused by +process ${process.pid} .*\\nsize +[\\d.]+ KiB\\nschema +\\d+\\nmachines +2\\nruns +0 active, 1 finished; 0 logs\\nevents +\\d+, from \\d{4}-.*\\nhistory +from \\d{4}-.*\\n$`,
      ),
    );
  });

  it('is a document for programs', async () => {
    const { out } = await bmdemo('store', 'info', '--store', `sqlite:${path}`, '-o', 'json');
    const facts = JSON.parse(out);
    expect(facts).toMatchObject({ kind: 'sqlite', location: path, machines: 2, finishedRuns: 1 });
    expect(facts.historyFrom).toMatch(/^\d{4}-.*Z$/);
    expect((await bmdemo('store', 'info', '--store', `sqlite:${path}`, '-o', 'name')).out).toBe(`${path}\n`);
  });

  it('makes no store where there is none', async () => {
    const { code, err } = await bmdemo('store', 'info');
    const standard = join(folder, 'bmdemo', 'bmdemo.db');
    expect({ code, err }).toEqual({ code: 1, err: `error: there is no store at ${standard}\n` });
    expect(existsSync(standard)).toBe(false);
  });

  it('cannot look into memory, and tells no password', async () => {
    expect((await bmdemo('store', 'info', '--store', 'memory')).code).toBe(2);
    const { code, err } = await bmdemo('store', 'info', '--store', 'postgres://zed:hush@127.0.0.1:1/db');
    expect(code).toBe(1);
    expect(err).toMatch(/^error: PostgreSQL cannot be reached/);
    expect(err).not.toMatch(/hush|zed/);
  });
});

describe('store check', () => {
  it('says that nothing is wrong', async () => {
    expect(await bmdemo('store', 'check', '--store', `sqlite:${path}`)).toEqual({
      code: 0,
      out: '',
      err: 'nothing is wrong\n',
    });
  });

  it('has a line for each violation, and exit code 1', async () => {
    await store.close();
    const database = new DatabaseSync(path);
    database.exec("UPDATE machines SET rack = 'r9' WHERE machine_id = 'm2'; DELETE FROM requests");
    database.close();
    const { code, out, err } = await bmdemo('store', 'check', '--store', `sqlite:${path}`);
    expect({ code, err }).toEqual({ code: 1, err: '2 violations found\n' });
    expect(out.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^run .*: its request .* does not name it$/),
      expect.stringMatching(/^machine m2: its column rack says r9, and its state /),
    ]);
    const document = JSON.parse((await bmdemo('store', 'check', '--store', `sqlite:${path}`, '-o', 'json')).out);
    expect(document.violations).toHaveLength(2);
  });
});

describe('store backup', () => {
  it('copies a store that is in use to one that can be used', async () => {
    const copy = join(folder, 'copy.db');
    const { code, err } = await bmdemo('store', 'backup', copy, '--store', `sqlite:${path}`);
    expect(code).toBe(0);
    expect(err).toMatch(new RegExp(`^${path} is copied to ${copy}, [\\d.]+ KiB\\n$`));
    expect((await bmdemo('store', 'check', '--store', `sqlite:${copy}`)).code).toBe(0);
  });

  it('overwrites nothing, and leaves PostgreSQL to its own means', async () => {
    const { code, err } = await bmdemo('store', 'backup', path, '--store', `sqlite:${path}`);
    expect({ code, err }).toEqual({ code: 1, err: `error: ${path} is there already; name another file\n` });
    const other = await bmdemo('store', 'backup', 'x', '--store', 'postgres://h/db');
    expect(other.code).toBe(2);
    expect(other.err).toContain('pg_dump');
  });
});
