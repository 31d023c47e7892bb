import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
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
    BMDEMO_FAULT: 'machine-2/verify-in-cluster=fail,terminal\nmachine-3/repave-image=hang',
  };
  server = await startOwnServer(readSettings([], env), '127.0.0.1:0', { kind: 'memory' }, null);
  await bmdemo('import', '5');
});
afterAll(() => server.stop({ graceMs: 0 }));

/** Runs a command against the server of this file. */
async function bmdemo(...words: string[]) {
  const io = ioDouble({ env: { BMDEMO_SERVER: server.address, BMDEMO_USER: 'lin' } });
  const code = await runProgram(words, io);
  return { code, ...io.written };
}

/** Starts a run without following it, and answers its id. */
async function started(...words: string[]): Promise<string> {
  const { out } = await bmdemo(...words, '--detach', '-o', 'name');
  return out.trim();
}

describe('import', () => {
  it('says what is new and what is as it was; again is harmless', async () => {
    const { code, out, err } = await bmdemo('import', '5');
    expect({ code, err }).toEqual({ code: 0, err: '5 machines: 5 unchanged\n' });
    expect(out).toMatch(/^MACHINE +OUTCOME\nmachine-1 +unchanged\n/);
  });

  it.each(['0', '-1', '10001', '1.5'])('takes no %s', async (text) => {
    expect(await bmdemo('import', '--', text)).toEqual({
      code: 2,
      out: '',
      err: `error: N must be a whole number from 1 to 10000, and is "${text}"\n`,
    });
  });
});

describe('lists', () => {
  it('are tables for people', async () => {
    const { out } = await bmdemo('list', '--filter', 'machine_id=machine-5');
    expect(out).toMatch(
      /^MACHINE +PHASE +RUN +RACK +CLUSTER +AGE +NOTE\nmachine-5 +FACTORY_READY +– +r1 +prod-a +\d+s\n$/,
    );
  });

  it('are documents for programs', async () => {
    const json = JSON.parse((await bmdemo('list', '-o', 'json')).out);
    expect(json.machines).toHaveLength(5);
    expect(json.machines[4]).toMatchObject({ machineId: 'machine-5', status: { phase: 'FACTORY_READY' } });
    const yaml = parse((await bmdemo('list', '-o', 'yaml')).out);
    expect(yaml.machines.map((machine: { machineId: string }) => machine.machineId)).toHaveLength(5);
  });

  it('are names for the next command', async () => {
    const { out, err } = await bmdemo('list', '-o', 'name', '--limit', '2');
    expect(out).toBe('machine/machine-1\nmachine/machine-2\n');
    expect(err).toBe('there are more than these 2; --limit 0 shows all\n');
  });

  it('say that nothing matches', async () => {
    expect(await bmdemo('list', '--filter', 'rack=r99')).toEqual({ code: 0, out: '', err: 'no machine matches\n' });
  });

  it('refuse a filter with a mistake', async () => {
    const { code, err } = await bmdemo('list', '--filter', 'foo=1');
    expect(code).toBe(2);
    expect(err).toMatch(/^error: filter: column 1: unknown field "foo".*\(INVALID_ARGUMENT\)\n$/);
  });
});

describe('a machine and a plan', () => {
  it('are shown whole', async () => {
    const machine = await bmdemo('get', 'machine/machine-5');
    expect(machine.out).toMatch(/^machine +machine-5\nphase +FACTORY_READY\n/);
    const plan = await bmdemo('plans', 'upgrade');
    expect(plan.out).toMatch(/\n {2}drain-node +drain +600s +2\n/);
  });

  it('are not there', async () => {
    const { code, err } = await bmdemo('get', 'machine-9', '--verbose');
    expect(code).toBe(1);
    expect(err).toMatch(/^error: .*machine-9.* \(NOT_FOUND\)\n {2}call: MachineService\/GetMachine at /);
    expect((await bmdemo('plans', 'none')).code).toBe(1);
  });
});

describe('a run that is followed', () => {
  it('is told with steps, log and outcome', async () => {
    const { code, out, err } = await bmdemo('repave', 'machine-1');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^run [0-9a-z]{16} of machine-1: repave-join, 5 steps$/);
    const steps = lines.filter((line) => / {2}SUCCEEDED after/.test(line)).map((line) => line.split(/ +/)[1]);
    const names = ['set-netboot', 'reboot-to-netboot', 'repave-image', 'join-cluster', 'verify-in-cluster'];
    expect(steps).toEqual(names);
    expect(out).toMatch(/ repave-image +\| imager: layer 6\/6/);
    expect(lines.at(-1)).toMatch(/^run [0-9a-z]{16} of machine-1 SUCCEEDED after \d+\.\ds$/);
  });

  it('is a document for programs, and told on stderr', async () => {
    const { code, out, err } = await bmdemo('reboot', 'machine-1', '--reason', 'kernel', '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ phase: 'SUCCEEDED', type: 'REBOOT', reason: 'kernel', initiatedBy: 'lin' });
    expect(err).toMatch(/ SUCCEEDED after /);
  });

  it('is the same run for the same request id', async () => {
    const first = JSON.parse((await bmdemo('reboot', 'machine-1', '--request-id', 'once', '-o', 'json')).out);
    const again = await bmdemo('reboot', 'machine-1', '--request-id', 'once', '-o', 'json');
    expect(JSON.parse(again.out).runId).toBe(first.runId);
    const other = await bmdemo('repave', 'machine-1', '--request-id', 'once');
    expect(other.code).toBe(5);
    expect(other.err).toContain('(ALREADY_EXISTS)');
  });

  it('ends with 1 where it failed, and what comes next needs --acknowledge', async () => {
    const failed = await bmdemo('repave', 'machine-2');
    expect(failed.code).toBe(1);
    expect(failed.out).toMatch(/\nrun [0-9a-z]{16} of machine-2 FAILED after .*\n {2}STEP_FAILED: .*\n$/);
    expect(failed.err).toContain('a new run needs --acknowledge');
    const refused = await bmdemo('reboot', 'machine-2');
    expect(refused).toMatchObject({ code: 5, out: '', err: expect.stringContaining('--acknowledge') });
    expect((await bmdemo('reboot', 'machine-2', '--acknowledge')).code).toBe(0);
  });

  it('ends with 3 where it was canceled', async () => {
    const following = bmdemo('repave', 'machine-3');
    await running('machine-3');
    const id = (await bmdemo('runs', '--machine', 'machine-3', '-o', 'name')).out.trim().replace('run/', '');
    const canceled = await bmdemo('cancel', id.slice(0, 10), '--reason', 'wrong machine');
    expect(canceled.out).toContain(`run ${id} of machine-3 is CANCELED\n`);
    const { code, out } = await following;
    expect(code).toBe(3);
    expect(out).toContain(`run ${id} of machine-3 CANCELED by lin after `);
  });
});

describe('several machines', () => {
  it('are a line each and a summary, and the worst of them counts', async () => {
    const { code, out } = await bmdemo('reboot', 'machine-4', 'machine-5', 'machine-9');
    expect(code).toBe(1);
    const lines = out.trimEnd().split('\n').toSorted();
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^3 machines: .*, after \d/);
    expect(lines[0]).toContain('2 SUCCEEDED');
    expect(lines[0]).toContain('1 failed');
    expect(lines[1]).toMatch(/^machine-4 {2}run [0-9a-z]{16} {2}SUCCEEDED after /);
    expect(lines[3]).toMatch(/^machine-9 {2}error: .*\(NOT_FOUND\)$/);
  });

  it('are one document for programs', async () => {
    const { code, out } = await bmdemo('reboot', 'machine-4', 'machine-5', '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(out).runs).toHaveLength(2);
  });
});

describe('runs that have ended', () => {
  it('give their whole log, and end', async () => {
    const id = await started('reboot', 'machine-4');
    const followed = await bmdemo('logs', id, '--follow');
    expect(followed.code).toBe(0);
    const { out } = await bmdemo('logs', id);
    expect(out).toBe(followed.out);
    expect(out).toMatch(/^\d\d:\d\d:\d\d {2}reboot {2}\| /);
    const lines = (await bmdemo('logs', id, '-o', 'json')).out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ sequence }) => Number(sequence))).toEqual(lines.map((_, index) => index + 1));
  });

  it('are watched to their end, which was', async () => {
    const id = await started('reboot', 'machine-5');
    const { code, out } = await bmdemo('watch', id);
    expect(code).toBe(0);
    expect(out).toMatch(/ machine-5 {2}run [0-9a-z]{8} SUCCEEDED {2}/);
  });

  it('are shown with their steps', async () => {
    const id = await started('start', 'reboot', 'machine-5');
    await bmdemo('watch', id);
    const { out } = await bmdemo('run', id);
    expect(out).toMatch(/\n {2}reboot +SUCCEEDED +1 of 2 +\d/);
  });
});

describe('a run id', () => {
  it('is any beginning that only one run has', async () => {
    expect(await bmdemo('run', '0000000000000000')).toMatchObject({
      code: 1,
      err: expect.stringContaining('NOT_FOUND'),
    });
    expect(await bmdemo('run', 'run 1')).toMatchObject({ code: 2, err: expect.stringContaining('is no run id') });
  });

  it('is not one that several have', async () => {
    // One letter stands for several of 40 runs: there are 36 letters.
    await Promise.all(Array.from({ length: 8 }, () => bmdemo('reboot', 'machine-4', 'machine-5', '--detach')));
    const ids = (await bmdemo('runs', '-o', 'name')).out
      .trimEnd()
      .split('\n')
      .map((line) => line.slice('run/'.length));
    const beginnings = Map.groupBy(ids, (id) => id.slice(0, 1));
    for (const [beginning, having] of beginnings) {
      const { code, err } = await bmdemo('run', beginning);
      expect(code).toBe(having.length === 1 ? 0 : 2);
      if (having.length > 1) expect(err).toContain(`"${beginning}" stands for several runs: `);
    }
  });
});

describe('a command line that is wrong', () => {
  it.each([
    [['bogus'], 'error: there is no command "bogus"; `bmdemo --help` has them all\n'],
    [['lsit'], 'error: there is no command "lsit"; did you mean list?; `bmdemo --help` has them all\n'],
    [['list', '--bogus'], "error: unknown option '--bogus'"],
    [['get'], "error: missing required argument 'ID'"],
    [['list', '-o', 'xml'], 'error: --output must be table, json, yaml or name, and is "xml"\n'],
    [['list', '--limit', 'x'], 'error: --limit must be a whole number, and is "x"\n'],
    [['logs', 'a', '-o', 'name'], 'error: -o name names nothing in a log'],
    [['completion', 'tcsh'], 'error: there is completion for bash, zsh and fish, and none for "tcsh"\n'],
    [['tui'], 'error: The console needs a terminal'],
    [['--read-only'], 'error: The console needs a terminal'],
    [['serve', '--listen', '0.0.0.0:1', '--store', 'memory'], 'error: cannot listen on 0.0.0.0:1'],
    [
      ['serve', '--port', '0', '--faults', '/nonexistent', '--store', 'memory'],
      'error: cannot read the fault script /nonexistent',
    ],
  ])('%j', async (words, sentence) => {
    const { code, out, err } = await bmdemo(...words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err.startsWith(sentence)).toBe(true);
  });
});

it('says that no server is there', async () => {
  const io = ioDouble({ env: { BMDEMO_SERVER: '127.0.0.1:1' } });
  expect(await runProgram(['list'], io)).toBe(4);
  expect(io.written.err).toBe('error: no bmdemo server answers at 127.0.0.1:1 (connection refused) (UNAVAILABLE)\n');
});

it('helps with every command, with an example each', async () => {
  const { code, out } = await bmdemo('--help');
  expect(code).toBe(0);
  const names = [...out.matchAll(/^ {2}([a-z-]+) (?:\[|<)/gm)].map((match) => match[1] ?? '');
  expect(names).toEqual(
    expect.arrayContaining(['list', 'get', 'import', 'repave', 'watch', 'tui', 'serve', 'completion']),
  );
  for (const name of names.filter((one) => one !== 'help')) {
    const help = await bmdemo(name, '--help');
    expect(help.out, name).toMatch(/Examples:\n {2}\$ /);
    expect(help.code).toBe(0);
  }
});

/** Resolves once the machine has a run under way. */
async function running(machineId: string): Promise<void> {
  const { out } = await bmdemo('get', machineId, '-o', 'json');
  if (JSON.parse(out).status.activeRunId === '') return running(machineId);
}
