import { afterAll, beforeAll, expect, it } from 'vitest';
import { ioDouble } from '../../src/cli/output/io-double.ts';
import { runProgram } from '../../src/cli/program.ts';
import { CliProcess } from './cli-process.ts';

let server: CliProcess;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  server = new CliProcess([
    ...['serve', '--port', '0', '--store', 'memory', '--speed', '100', '--max-runs', '4'],
    ...['--fault', 'machine-1/reboot=fail,terminal,message=no answer on the BMC'],
  ]);
  const line = await server.line(/ listens on /);
  env = { BMDEMO_SERVER: line.split(' ').at(-1) ?? '', BMDEMO_USER: 'lin' };
});
afterAll(() => server.kill('SIGKILL'));

/** One command of the built program, which changes something; its exit code has to be this. */
async function bmdemo(code: number, ...words: string[]): Promise<string> {
  const ended = await new CliProcess(words, env).outcome();
  expect({ words, code: ended.code, err: ended.code === code ? '' : ended.err }).toEqual({ words, code, err: '' });
  return ended.out;
}

/** A command that only looks, in this process: a program takes its time to start. */
async function look(code: number, ...words: string[]): Promise<string> {
  const io = ioDouble({ env });
  expect({ words, code: await runProgram(words, io) }).toEqual({ words, code });
  return io.written.out;
}

/** The machine as it is. */
const machine = async () => JSON.parse(await look(0, 'get', 'machine-1', '-o', 'json'));

const phase = async () => (await machine()).status.phase;

/** The commands that `explain` advises. */
async function advice(): Promise<string> {
  const { unblock } = JSON.parse(await look(0, 'explain', 'machine-1', '-o', 'json'));
  return unblock.map((way: { command: string }) => way.command).join('\n');
}

it('a machine lives its whole life by commands, and the events tell who did what and why', async () => {
  await bmdemo(0, 'import', '2');
  expect(await phase()).toBe('FACTORY_READY');

  expect(await look(0, 'repave', 'machine-1', '--dry-run')).toContain('FACTORY_READY → IN_SERVICE');
  await bmdemo(0, 'repave', 'machine-1', '--reason', 'first image');
  expect(await phase()).toBe('IN_SERVICE');

  await bmdemo(1, 'reboot', 'machine-1', '--reason', 'kernel update');
  expect(await phase()).toBe('MAINTENANCE');
  expect(await look(0, 'explain', 'machine-1')).toMatch(/It waits for somebody to look: .*no answer on the BMC/);
  await look(5, 'repave', 'machine-1', '--dry-run');
  expect(await advice()).toContain('bmdemo resolve machine-1 --reason TEXT');

  await bmdemo(0, 'resolve', 'machine-1', '--reason', 'reset the BMC');
  expect(await look(0, 'explain', 'machine-1')).toContain('It waits for nothing.');
  await bmdemo(0, 'repave', 'machine-1', '--reason', 'begin anew');
  expect(await phase()).toBe('IN_SERVICE');

  await bmdemo(0, 'rma', 'machine-1', '--reason', 'bad DIMM');
  expect(await phase()).toBe('RMA');
  expect(await advice()).toContain('bmdemo complete-rma machine-1 ');
  await look(5, 'repave', 'machine-1');
  const before = (await machine()).spec;
  const hardware = ['--serial', 'NEW-1', '--mac', '02:de:00:00:ff:01', '--bmc', '198.18.255.1'];
  await bmdemo(0, 'complete-rma', 'machine-1', ...hardware, '--reason', 'new board');
  const after = await machine();
  expect(after.status.phase).toBe('FACTORY_READY');
  expect(after.spec).toEqual({
    ...before,
    serial: 'NEW-1',
    macAddresses: ['02:de:00:00:ff:01'],
    bmcAddress: '198.18.255.1',
  });

  expect(await bmdemo(0, 'retire', 'machine-1', '--reason', 'end of lease')).toBe('machine-1 is RETIRED\n');
  await look(5, 'repave', 'machine-1', '--acknowledge');

  const filter = 'machine_id=machine-1 AND subject=machine';
  const { events } = JSON.parse(await look(0, 'events', '--filter', filter, '-o', 'json'));
  type Told = { kind: string; actor: string; reason: string; machine: { spec: { serial: string } } };
  const told = (events as Told[]).map(({ kind, actor, reason }) => [kind, actor, reason].join(' ').trim());
  expect(told).toEqual([
    'REGISTERED lin',
    'RUN_ACCEPTED lin first image',
    'IMAGE_DONE engine',
    'REPAVED_AND_JOINED engine',
    'RUN_ACCEPTED lin kernel update',
    'RUN_FAILED engine',
    'INTERVENTION_RESOLVED lin reset the BMC',
    'RUN_ACCEPTED lin begin anew',
    'IMAGE_BEGUN engine',
    'IMAGE_DONE engine',
    'REPAVED_AND_JOINED engine',
    'RUN_ACCEPTED lin bad DIMM',
    'RMA_MARKED engine',
    'RMA_COMPLETED lin new board',
    'MACHINE_RETIRED lin end of lease',
  ]);
  // The hardware that is gone stays in the history.
  expect((events as Told[]).map((event) => event.machine.spec.serial)).toEqual([
    ...Array(13).fill('DEMO-00001'),
    'NEW-1',
    'NEW-1',
  ]);
}, 60_000);
