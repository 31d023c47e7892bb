import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../client/address.ts';
import { connect } from '../client/client.ts';
import { ioDouble } from './output/io-double.ts';
import type { OwnServer } from './own-server.ts';
import { startOwnServer } from './own-server.ts';
import { runProgram } from './program.ts';
import { readSettings } from './settings/resolve.ts';
import { retirementId } from './sync-file.ts';

let server: OwnServer;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bmdemo-sync-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  const settings = readSettings([], { XDG_CONFIG_HOME: '/nonexistent', BMDEMO_FAULT: 'node-3/reboot=hang' });
  server = await startOwnServer(settings, '127.0.0.1:0', { kind: 'memory' }, null);
  return () => server.stop({ graceMs: 0 });
});

/** Runs a command; on a terminal where `typed` says what somebody types there. */
async function bmdemo(words: readonly string[], typed?: string | AsyncIterable<string>) {
  const env = { BMDEMO_SERVER: server.address, NO_COLOR: '1' };
  const io = ioDouble({ env, ...(typed === undefined ? {} : { columns: 200, input: typed }) });
  const code = await runProgram(words, io);
  return { code, ...io.written };
}

/** The words of a sync of a file of these rows. */
function sync(rows: readonly string[], ...words: readonly string[]): readonly string[] {
  const path = join(folder, 'cmdb.csv');
  writeFileSync(path, `${['machine_id,rack,serial', ...rows].join('\n')}\n`);
  return ['import', path, '--sync', '--source', 'cmdb', ...words];
}

/** What the sync said of each machine. */
const outcomes = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/ +/).slice(1, 3).join(' '));

const phases = async () =>
  JSON.parse((await bmdemo(['list', '-o', 'json'])).out).machines.map(
    ({ machineId, source, status }: { machineId: string; source: string; status: { phase: string } }) =>
      `${machineId} ${source} ${status.phase}`,
  );

const THREE = ['node-1,r1,S1', 'node-2,r1,S2', 'node-3,r1,S3'];

describe('a sync', () => {
  it('retires nothing by a file without machines', async () => {
    await bmdemo(sync(THREE, '--yes'));
    const told = await bmdemo(sync([], '--retire-missing', '--yes'));
    expect(told.code).toBe(5);
    expect(told.err).toContain('the file has no machines');
    expect(await phases()).toEqual([1, 2, 3].map((at) => `node-${at} cmdb FACTORY_READY`));
  });

  it('makes the file the truth for the machines of its source, and leaves those of others alone', async () => {
    await bmdemo(['import', '1']);
    const first = await bmdemo(sync(THREE, '--yes'));
    expect(first).toMatchObject({ code: 0, err: '3 machines: 3 new\n' });
    expect(await phases()).toEqual([
      'machine-1  FACTORY_READY',
      'node-1 cmdb FACTORY_READY',
      'node-2 cmdb FACTORY_READY',
      'node-3 cmdb FACTORY_READY',
    ]);
    const again = await bmdemo(sync(['node-1,r2,S1', 'node-4,r1,S4', 'node-2,r1,S2'], '--yes'));
    expect(again.code).toBe(0);
    expect(outcomes(again.out)).toEqual(['node-1 changed', 'node-4 new', 'node-2 unchanged', 'node-3 gone']);
    expect(again.err).toBe('4 machines: 1 new, 1 changed, 1 unchanged, 1 gone\n');
    expect(await phases()).toContain('node-3 cmdb FACTORY_READY');
  });

  it('retires what is gone where that is asked for, and tells of what is busy', async () => {
    await bmdemo(sync(THREE, '--yes'));
    expect((await bmdemo(['reboot', 'node-3', '--detach'])).code).toBe(0);
    const { code, out, err } = await bmdemo(sync(['node-1,r1,S1'], '--retire-missing', '--expect', '2', '--yes'));
    expect(code).toBe(5);
    expect(outcomes(out)).toEqual(['node-1 unchanged', 'node-2 retired', 'node-3 refused']);
    expect(err).toMatch(/cmdb\.csv: machine node-3 is busy/);
    expect(await phases()).toContain('node-2 cmdb RETIRED');
    const { out: told } = await bmdemo(['events', '--machine', 'node-2', '-o', 'json']);
    expect(told).toContain('of source cmdb any more');
    // What is retired is not gone once more.
    expect(outcomes((await bmdemo(sync(['node-1,r1,S1'], '--yes'))).out)).toEqual(['node-1 unchanged', 'node-3 gone']);
  });

  it('says before it does so which machines it would retire', async () => {
    await bmdemo(sync(THREE, '--yes'));
    const { out } = await bmdemo(sync(['node-1,r1,S1', 'node-2,r1,S2'], '--retire-missing', '--dry-run'));
    expect(out).toMatch(/node-3 +gone +not in the file any more; to be retired\n/);
    const asked = await bmdemo(sync(['node-1,r1,S1', 'node-2,r1,S2'], '--retire-missing'), '1\n');
    expect(asked.err).toContain('gone     node-3  not in the file any more; to be retired\n');
    expect(asked.out).toMatch(/node-3 +retired +not in the file any more\n/);
  });

  it('says of a machine that it still has that it was retired here', async () => {
    await bmdemo(sync(THREE, '--yes'));
    await bmdemo(['retire', 'node-2', '--reason', 'sold']);
    const { out } = await bmdemo(sync(['node-1,r1,S1', 'node-2,r9,S2'], '--yes'));
    expect(out).toMatch(/node-1 +unchanged +–\n/);
    expect(out).toMatch(/node-2 +changed +rack; it is RETIRED here, and stays so\n/);
  });

  it('shows its changes and has their number typed', async () => {
    const refused = await bmdemo(sync(THREE), '2\n');
    expect(refused.code).toBe(5);
    expect(refused.err).toContain('new      node-1\n');
    expect(refused.err).toMatch(/type 3 to go on: error: 3 was not typed; nothing was changed\n$/);
    expect(await phases()).toEqual([]);
    expect((await bmdemo(sync(THREE), '3\n')).code).toBe(0);
    // Nothing to be done is nothing to be asked.
    expect(await bmdemo(sync(THREE), '')).toMatchObject({ code: 0, err: '3 machines: 3 unchanged\n' });
  });

  it('changes nothing where the machines have changed while somebody looked', async () => {
    await bmdemo(sync(THREE, '--yes'));
    async function* handsOverAndTypes() {
      const client = connect({ address: parseAddress(server.address), user: 'lin' });
      const machine = { machineId: 'node-2', source: 'lab' };
      await client.machines.updateMachine({ machine, updateMask: { paths: ['source'] } });
      client.close();
      yield '3\n';
    }
    const told = await bmdemo(sync(['node-1,r2,S1'], '--retire-missing'), handsOverAndTypes());
    expect(told.code).toBe(5);
    expect(told.err).toContain('the file would not change any more what was shown (node-2); nothing was changed');
    expect(await phases()).toEqual([
      'node-1 cmdb FACTORY_READY',
      'node-2 lab FACTORY_READY',
      'node-3 cmdb FACTORY_READY',
    ]);
    expect((await bmdemo(sync(['node-1,r2,S1'], '--retire-missing'), '2\n')).code).toBe(0);
    expect(await phases()).toEqual(['node-1 cmdb FACTORY_READY', 'node-2 lab FACTORY_READY', 'node-3 cmdb RETIRED']);
  });

  it('retires a machine by the same request however often it is tried, and by another one once it is a new machine', () => {
    const first = { machineId: 'node-1', createdAt: timestampFromMs(1) };
    expect(retirementId(first, 'cmdb')).toBe(retirementId({ ...first }, 'cmdb'));
    const others = [
      retirementId(first, 'lab'),
      retirementId({ ...first, machineId: 'node-2' }, 'cmdb'),
      retirementId({ ...first, createdAt: timestampFromMs(2) }, 'cmdb'),
    ];
    expect(new Set([...others, retirementId(first, 'cmdb')]).size).toBe(4);
  });

  it('changes nothing in a dry run, or where the file has a mistake', async () => {
    const dry = await bmdemo(sync(THREE, '--dry-run'));
    expect(dry).toMatchObject({ code: 0, err: '3 machines: 3 new (dry run: nothing was changed)\n' });
    const { code, err } = await bmdemo(sync(['node-1,r1,S1', 'NODE 2,r1,S2'], '--yes'));
    expect(code).toBe(5);
    expect(err).toContain('; nothing was changed\n');
    expect(err).toMatch(/cmdb\.csv:3:machine_id: machine_id may hold/);
    expect(await phases()).toEqual([]);
  });

  it('takes no machine from another source, until somebody hands it over', async () => {
    await bmdemo(sync(['node-1,r1,S1'], '--yes'));
    const other = ['import', join(folder, 'cmdb.csv'), '--sync', '--source', 'lab', '--yes'];
    const { code, err } = await bmdemo(other);
    expect(code).toBe(5);
    expect(err).toMatch(/cmdb\.csv:2: machine node-1 belongs to source cmdb, and not to lab; /);
  });

  it.each([
    [['--sync'], '--sync takes --source NAME: whose machines the file is the truth for'],
    [['--source', 'cmdb'], '--source, --retire-missing, --expect and --yes go with --sync'],
    [['--sync', '--source', 'a b'], '--source may hold letters, digits'],
    [['--sync', '--source', 'a', '--atomic'], '--atomic does not go with --sync'],
    [['--sync', '--source', 'a', '--expect', 'x'], '--expect must be a whole number, and is "x"'],
    [['--sync', '--source', 'a', '--yes', '--expect', '1'], 'the file makes 3 changes, and --expect says 1'],
    [['--sync', '--source', 'a'], 'the file makes 3 changes; without a terminal that takes --yes'],
  ])('%j is refused', async (words, sentence) => {
    sync(THREE);
    const { code, err } = await bmdemo(['import', join(folder, 'cmdb.csv'), ...words]);
    expect([2, 5]).toContain(code);
    expect(err).toContain(sentence);
    expect(await phases()).toEqual([]);
  });
});
