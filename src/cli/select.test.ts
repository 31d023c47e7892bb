import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ioDouble } from './output/io-double.ts';
import type { OwnServer } from './own-server.ts';
import { startOwnServer } from './own-server.ts';
import { runProgram } from './program.ts';
import { readSettings } from './settings/resolve.ts';

let server: OwnServer;

beforeAll(async () => {
  const env = {
    XDG_CONFIG_HOME: '/nonexistent',
    BMDEMO_SPEED: '500',
    BMDEMO_FAULT:
      'machine-24/reboot=hang\nmachine-22/reboot=hang\nmachine-42/reboot=fail,terminal\nmachine-44/reboot=fail,terminal',
  };
  server = await startOwnServer(readSettings([], env), '127.0.0.1:0', { kind: 'memory' }, null);
  await bmdemo(['import', '46']);
});
afterAll(() => server.stop({ graceMs: 0 }));

/** Runs a command; on a terminal where `typed` says what somebody types there. */
async function bmdemo(words: readonly string[], typed?: string) {
  const io = ioDouble({
    env: { BMDEMO_SERVER: server.address, NO_COLOR: '1' },
    ...(typed === undefined ? {} : { columns: 200, input: typed }),
  });
  const code = await runProgram(words, io);
  return { code, ...io.written };
}

/** How many runs were started so far. */
async function runs(): Promise<number> {
  return JSON.parse((await bmdemo(['runs', '-o', 'json', '--limit', '0'])).out).runs.length;
}

// Racks r3 and r4 hold machines 41, 43, 45 and 42, 44, 46.
const R3 = ['--selector', 'rack=r3'];
const R4 = ['--selector', 'rack=r4'];

describe('a selector', () => {
  it('stands for the machines that match, as many as expected', async () => {
    const { code, out } = await bmdemo(['reboot', ...R3, '--expect', '3', '--yes', '--detach', '-o', 'json']);
    expect(code).toBe(0);
    const started = JSON.parse(out).runs.map(({ machineId }: { machineId: string }) => machineId);
    expect(started).toEqual(['machine-41', 'machine-43', 'machine-45']);
  });

  it('asks for the number, and goes on once it is typed', async () => {
    const plan = ['start', 'reboot', ...R3, '--detach', '--acknowledge'];
    const { err } = await bmdemo(['start', 'reboot', '--selector', 'rack=r1', '--detach'], '20\n');
    expect(err).toContain('20 machines: machine-1, machine-11, machine-13, ');
    expect(err).toContain(' and 10 more\ntype 20 to go on: ');
    const before = await runs();
    for (const typed of ['4\n', '\n', '', 'y\n3\n']) {
      const refused = await bmdemo(plan, typed);
      expect({ code: refused.code, out: refused.out }).toEqual({ code: 5, out: '' });
      expect(refused.err).toMatch(/type 3 to go on: error: 3 was not typed; nothing was changed\n$/);
    }
    expect(await runs()).toBe(before);
  });

  it('asks nothing where one machine matches, or nothing is changed', async () => {
    expect((await bmdemo(['reboot', '--selector', 'machine_id=machine-2', '--detach'])).code).toBe(0);
    expect((await bmdemo(['reboot', '--selector', 'rack=r4', '--dry-run'])).err).not.toMatch(/type|--yes/);
  });

  it.each([
    [['--selector', ' '], 2, '--selector is empty, which would be every machine'],
    [['--selector', 'rack=r99'], 2, "no machine matches 'rack=r99'"],
    [['machine-1', ...R3], 2, 'name machines, or select them with --selector, not both'],
    [[], 2, 'name machines, or select them with --selector'],
    [['machine-1', '--expect', '1'], 2, '--expect and --yes are about a --selector'],
    [[...R3, '--expect', 'x'], 2, '--expect must be a whole number from 1, and is "x"'],
    [[...R3, '--expect', '2', '--yes'], 5, "'rack=r3' matches 3 machines, and --expect says 2"],
    [R3, 2, 'the selector matches 3 machines; without a terminal that takes --yes'],
    [[...R3, '--yes', '--max-parallel', '0'], 2, '--max-parallel must be a whole number from 1, and is "0"'],
  ])('%j starts nothing', async (words, code, sentence) => {
    const before = await runs();
    expect(await bmdemo(['reboot', ...words])).toEqual({ code, out: '', err: `error: ${sentence}\n` });
    expect(await runs()).toBe(before);
  });

  it('that is unknown is refused with its column', async () => {
    const { code, err } = await bmdemo(['reboot', '--selector', 'rak=r1', '--yes']);
    expect(code).toBe(2);
    expect(err).toMatch(/column 1: unknown field "rak".*\(INVALID_ARGUMENT\)/);
  });
});

describe('many machines', () => {
  it('are worked through in order, and no more are started after failures; what was not is listed', async () => {
    const words = ['reboot', ...R4, '--yes', '--max-parallel', '1', '--stop-after-failures', '1'];
    const before = await runs();
    const { code, out, err } = await bmdemo(words);
    expect(code).toBe(1);
    expect(out).toMatch(/^machine-42 {2}run [0-9a-z]{16} {2}FAILED .*\n1 machine: 1 FAILED, after /);
    expect(err).toContain('2 not started: machine-44 machine-46\n');
    expect(await runs()).toBe(before + 1);
  });

  it('are all worked through where that many failures are allowed', async () => {
    const words = ['reboot', ...R4, '--yes', '--acknowledge', '--max-parallel', '2', '--stop-after-failures', '3'];
    const { out, err } = await bmdemo(words);
    expect(out).toMatch(/\n3 machines: /);
    expect(err).not.toContain('not started');
  });
});

describe('runs', () => {
  it('are canceled by a selector, those alone that have not ended', async () => {
    const started = await bmdemo(['start', 'reboot', 'machine-24', 'machine-22', '--detach', '-o', 'name']);
    expect(started.code).toBe(0);
    const selector = ['--selector', 'machine_id:machine-2 AND plan_id=plan/reboot'];
    const { code, out, err } = await bmdemo([
      'cancel',
      ...selector,
      '--expect',
      '2',
      '--yes',
      '--reason',
      'wrong rack',
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '2 runs: 2 done\n' });
    expect(out.match(/^run [0-9a-z]{16} of machine-2[24] is CANCELED$/gm)).toHaveLength(2);
    const again = await bmdemo(['cancel', ...selector, '--yes']);
    expect(again).toEqual({ code: 2, out: '', err: `error: no run matches '${selector[1]}'\n` });
  });

  it('are named by the beginning of their ids, as many as one likes', async () => {
    const { out } = await bmdemo(['runs', '--machine', 'machine-24', '-o', 'name']);
    const id = out.trim();
    expect(await bmdemo(['cancel', id, id.slice(0, 16)])).toMatchObject({ code: 0, err: '' });
  });
});
