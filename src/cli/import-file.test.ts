import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseAddress } from '../client/address.ts';
import { connect } from '../client/client.ts';
import { importFileAsShown, previewFile } from './import-file.ts';
import { ioDouble } from './output/io-double.ts';
import type { OwnServer } from './own-server.ts';
import { startOwnServer } from './own-server.ts';
import { runProgram } from './program.ts';
import { readSettings } from './settings/resolve.ts';

let server: OwnServer;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bmdemo-import-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  server = await startOwnServer(
    readSettings([], { XDG_CONFIG_HOME: '/nonexistent' }),
    '127.0.0.1:0',
    { kind: 'memory' },
    null,
  );
  return () => server.stop({ graceMs: 0 });
});

/** Runs a command; `input` is piped in. */
async function bmdemo(words: readonly string[], input?: string) {
  const io = ioDouble({ env: { BMDEMO_SERVER: server.address }, ...(input === undefined ? {} : { input }) });
  const code = await runProgram(words, io);
  return { code, ...io.written };
}

/** Writes a file and answers its path. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The mistakes that were told, without the folder, and without the last line, which counts. */
function mistakes(err: string): string[] {
  return err
    .trimEnd()
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replace(`${folder}/`, ''));
}

/** All machines as they are, with the times of their last change. */
async function fleet(): Promise<string> {
  return (await bmdemo(['list', '-o', 'json'])).out;
}

const CSV = `Hostname,provider,MAC,Serial Number,BMC,rack,labels.tier,Notes
node-1,fake,02:00:00:00:00:01 02:00:00:00:00:11,SN-1,bmc-1.example,r1,gold,whatever
node-2,fake,02-00-00-00-00-02,"SN ""2""",bmc-2.example,r1,,
node-3,fake,,,,r2,"",
`;
const MAPPED = ['--map', 'Notes='];

describe('import FILE', () => {
  it('says what is new, changed and unchanged', async () => {
    const path = file('a.csv', CSV);
    const first = await bmdemo(['import', path, ...MAPPED]);
    expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '3 machines: 3 new\n' });
    expect(first.out).toMatch(/^LINE +MACHINE +OUTCOME +NOTE\n +2 +node-1 +new +–\n/);
    const again = await bmdemo(['import', path, ...MAPPED]);
    expect(again.err).toBe('3 machines: 3 unchanged\n');
    const changed = await bmdemo(['import', file('b.csv', CSV.replace('r2', 'r3')), ...MAPPED, '-o', 'json']);
    expect(changed.err).toBe('3 machines: 1 changed, 2 unchanged\n');
    expect(JSON.parse(changed.out).machines[2]).toEqual({
      line: 4,
      machineId: 'node-3',
      outcome: 'changed',
      note: 'rack',
    });
    const { out } = await bmdemo(['get', 'node-1', '-o', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      spec: { macAddresses: ['02:00:00:00:00:01', '02:00:00:00:00:11'], serial: 'SN-1' },
      labels: { tier: 'gold' },
    });
    expect(JSON.parse((await bmdemo(['get', 'node-2', '-o', 'json'])).out)).toMatchObject({
      spec: { serial: 'SN "2"' },
      labels: {},
    });
    expect(JSON.parse((await bmdemo(['get', 'node-3', '-o', 'json'])).out).labels).toEqual({ tier: '' });
  });

  it('reads columns under other names, and other separators', async () => {
    const text = 'Asset;Box;Team\nSN-9;node-9;storage\n';
    const words = ['import', '-', '--map', 'Asset=serial', '--map', 'Box=machine_id', '--map', 'Team=labels.team'];
    expect(await bmdemo([...words, '-o', 'name'], text)).toEqual({
      code: 0,
      out: 'machine/node-9\n',
      err: '1 machine: 1 new\n',
    });
    const { out } = await bmdemo(['get', 'node-9', '-o', 'json']);
    expect(JSON.parse(out)).toMatchObject({ spec: { serial: 'SN-9' }, labels: { team: 'storage' } });
  });

  it('--dry-run says the same and changes nothing', async () => {
    const { code, out, err } = await bmdemo(['import', file('a.csv', CSV), ...MAPPED, '--dry-run']);
    expect({ code, err }).toEqual({ code: 0, err: '3 machines: 3 new (dry run: nothing was changed)\n' });
    expect(out).toMatch(/node-3 +new/);
    expect((await bmdemo(['list', '-o', 'name'])).out).toBe('');
  });

  /** Twelve mistakes of different kinds, and one machine without any. */
  const TWELVE = `machine_id,provider,mac,serial,bmc,rack,ssh,bmc_credentials_ref,cluster,kubeconfig,labels.tier
held,fake,02:00:00:00:00:01,OTHER,,,,,,,
Bad_Name,fake,,,,,,,,,
,fake,,NO-NAME,,,,,,,
n3,fake,not-a-mac,,,,,,,,
n4,fake,,SN-SAME,,,,,,,
n5,fake,,sn-same,,,,,,,
n4,fake,,,,,,,,,
n6,nowhere,,,,,,,,,
n7,fake,,,,,no port,,,,
n8,fake,,,,,,hunter2,,,
n9,fake,,,,,,,prod-a,,
n10,fake,,,,,,,,,,too,many
n11,fake,,,,,,,,env:KUBE,
n12,fake,,"SN" broken,,,,,,,
good,fake,,GOOD,,,,,,,
`;

  it('tells every mistake with its place, and each keeps only its own machine out', async () => {
    await bmdemo(['import', '-'], 'machine_id,mac\nholder,02:00:00:00:00:01\n');
    const { code, err, out } = await bmdemo(['import', file('twelve.csv', TWELVE)]);
    expect(code).toBe(5);
    const told = mistakes(err);
    expect(told.map((line) => line.split(' ')[0])).toEqual([
      'twelve.csv:2:mac:',
      'twelve.csv:3:machine_id:',
      'twelve.csv:4:',
      'twelve.csv:5:mac:',
      'twelve.csv:7:serial:',
      'twelve.csv:8:machine_id:',
      'twelve.csv:9:provider:',
      'twelve.csv:10:ssh:',
      'twelve.csv:11:bmc_credentials_ref:',
      'twelve.csv:13:',
      'twelve.csv:14:',
      'twelve.csv:15:',
    ]);
    expect(told[0]).toContain('belongs to machine holder');
    expect(told[4]).toContain('is that of line 6 (n4) already');
    expect(told[5]).toContain('is that of line 6 already');
    expect(told[9]).toContain('has 13 cells, and the header 11');
    expect(err).not.toContain('hunter2');
    expect(out).toMatch(/good +new/);
    expect((await bmdemo(['list', '-o', 'name'])).out).toBe(
      ['good', 'holder', 'n4', 'n9'].map((id) => `machine/${id}\n`).join(''),
    );
  });

  it('--atomic: with a mistake anywhere all of them are told, and not one change is made', async () => {
    await bmdemo(['import', '-'], 'machine_id,mac\nholder,02:00:00:00:00:01\n');
    const before = await fleet();
    const { code, err } = await bmdemo(['import', file('twelve.csv', TWELVE), '--atomic']);
    expect(code).toBe(5);
    expect(mistakes(err)).toHaveLength(12);
    expect(err).toMatch(/ not applied; nothing was changed \(--atomic\)\n$/);
    expect(await fleet()).toBe(before);
  });

  it('a header that is wrong is told with what was meant, and nothing is changed', async () => {
    const { code, err } = await bmdemo(['import', file('h.csv', 'machine_id,seriall,rack,rack\nn1,S,r1,r2\n')]);
    expect(code).toBe(5);
    expect(mistakes(err)).toEqual([
      "h.csv:1:seriall: is no column that is known; did you mean serial?; --map 'seriall=FIELD' says what it is, 'seriall=' that it is nothing",
      'h.csv:1:rack: is rack, as a column before it is',
    ]);
    expect(JSON.parse(await fleet()).machines).toEqual([]);
  });

  it('reads documents, and tells mistakes with line and column', async () => {
    const yaml = `machines:
  - machineId: y1
    spec: {provider: fake, serial: 0123, mac_addresses: [02:00:00:00:00:01]}
    labels: {tier: yes}
  - machineId: y2
    spec:
      provider: fake
      serail: X
      macAddresses: 02:00:00:00:00:02
  - machineId: y3
    spec:
      macAddresses: [nonsense]
  - just text
  - { machineId: y4, rack: r1, cluster_id: prod-a, lables: {} }
`;
    const { code, err } = await bmdemo(['import', file('d.yaml', yaml)]);
    expect(code).toBe(5);
    expect(mistakes(err)).toEqual([
      'd.yaml:8:7: "serail" is no field of spec; did you mean serial?',
      'd.yaml:9:21: mac_addresses must be a list',
      'd.yaml:12:21: mac_addresses[0] is no MAC address such as aa:bb:cc:dd:ee:ff',
      'd.yaml:13:5: must be a map of fields',
      'd.yaml:14:22: "rack" is no field of a machine; it belongs in spec',
      'd.yaml:14:32: "cluster_id" is no field of a machine; it belongs in spec.target_cluster',
      'd.yaml:14:52: "lables" is no field of a machine; did you mean labels?',
    ]);
    const { out } = await bmdemo(['get', 'y1', '-o', 'json']);
    expect(JSON.parse(out)).toMatchObject({ spec: { serial: '0123' }, labels: { tier: 'yes' } });
    const broken = await bmdemo(['import', '-', '--format', 'json'], '{"machines": [{"machineId": "a"}, {"machineId"');
    expect(broken.code).toBe(5);
    expect(mistakes(broken.err)[0]).toMatch(/^stdin:1:\d+: /);
  });

  it.each([
    [['import', 'nowhere.csv'], 'there is no file "nowhere.csv"; a number imports demo machines'],
    [['import', 'package.txt', '--format', 'csv'], 'there is no file "package.txt"; a number imports demo machines'],
    [['import', '3', '--atomic'], 'a number imports demo machines; the other options are about a file of machines'],
    [['import', '-', '--map', 'a=b'], '--map a=b: there is no field "b"'],
    [['import', '-', '--map', 'a'], '--map must be COLUMN=FIELD, and is "a"'],
  ])('%j is a command line that is wrong', async (words, sentence) => {
    expect(await bmdemo(words)).toEqual({ code: 2, out: '', err: `error: ${sentence}\n` });
  });
});

describe('a console', () => {
  const HEAD = 'machine_id,provider,mac,rack\n';

  it('imports what it has shown, or nothing where the file says anything else by then', async () => {
    const client = connect({ address: parseAddress(server.address), user: 'lin' });
    onTestFinished(() => client.close());
    const { signal } = new AbortController();
    const path = file('shown.csv', `${HEAD}node-1,fake,02:00:00:00:00:01,r1\n`);
    const shown = await previewFile(client, path, signal);
    expect(shown).toMatchObject({ counts: '1 machine: 1 new', machines: [{ machineId: 'node-1', outcome: 'new' }] });
    // As new as before, and other hardware.
    file('shown.csv', `${HEAD}node-1,fake,02:00:00:00:00:99,r1\n`);
    await expect(importFileAsShown(client, path, shown, signal)).rejects.toMatchObject({
      reason: 'PREVIEW_STALE',
      message: 'the file is not what it was; look at it once more',
    });
    expect(JSON.parse(await fleet())).toEqual({ machines: [] });
    file('shown.csv', `${HEAD}node-1,fake,02:00:00:00:00:01,r1\n`);
    expect((await importFileAsShown(client, path, shown, signal)).counts).toBe('1 machine: 1 new');
    await expect(importFileAsShown(client, path, shown, signal)).rejects.toMatchObject({
      reason: 'PREVIEW_STALE',
      message: 'it would do something else by now; look at it once more',
    });
  });
});

describe('export', () => {
  it.each(['csv', 'yaml', 'json'])('%s is read back unchanged', async (format) => {
    await bmdemo(['import', file('a.csv', CSV), ...MAPPED]);
    await bmdemo(['import', '2']);
    const odd = { machineId: 'odd', spec: { serial: '007', model: 'a, "b"; c' }, labels: { a: ' x ', 'b/c': '' } };
    await bmdemo(['import', '-', '--format', 'json'], JSON.stringify([odd]));
    const { code, out, err } = await bmdemo(['export', '--format', format]);
    expect({ code, err }).toEqual({ code: 0, err: '6 machines\n' });
    expect((await bmdemo(['import', '-'], out)).err).toBe('6 machines: 6 unchanged\n');
  });

  it('is YAML unless told otherwise, of what matches, and of what was declared alone', async () => {
    await bmdemo(['import', '3']);
    const { out } = await bmdemo(['export', '--filter', 'machine_id=machine-2']);
    expect(out).toMatch(/^machines:\n {2}- machineId: machine-2\n {4}spec:\n/);
    expect(out).not.toMatch(/status|etag|machine-1\b/);
    expect((await bmdemo(['export', '-o', 'name'])).code).toBe(2);
  });
});
