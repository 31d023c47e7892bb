import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { CommandBench } from './command-double.ts';
import { openCommandBench } from './command-double.ts';

let bench: CommandBench;
const bmdemo = (...words: string[]) => bench.bmdemo(...words);

beforeAll(async () => {
  bench = await openCommandBench({
    BMDEMO_FAULT: 'machine-2/verify-in-cluster=fail,terminal\nmachine-3/repave-image=ignore-abort',
  });
  await bmdemo('import', '9');
});
afterAll(() => bench.stop());

const phaseOf = async (id: string) => JSON.parse((await bmdemo('get', id, '-o', 'json')).out).status.phase;

describe('maintenance', () => {
  it('takes machines out of service, and puts them back', async () => {
    const enter = await bmdemo('maintenance', 'enter', 'machine-1', 'machine/machine-4', '--reason', 'PDU');
    expect(enter).toEqual({
      code: 0,
      out: 'machine-1 is MAINTENANCE: PDU\nmachine-4 is MAINTENANCE: PDU\n',
      err: '2 machines: 2 done\n',
    });
    const exit = await bmdemo('maintenance', 'exit', 'machine-1', '--reason', 'power is back');
    expect(exit).toEqual({ code: 0, out: 'machine-1 is FACTORY_READY\n', err: '' });
  });

  it('is refused in the server’s sentence', async () => {
    const { code, out, err } = await bmdemo('maintenance', 'exit', 'machine-5', '--reason', 'x');
    expect({ code, out }).toEqual({ code: 5, out: '' });
    expect(err).toBe('error: machine machine-5 is FACTORY_READY: it is not in maintenance (FAILED_PRECONDITION)\n');
  });

  it('takes no other direction', async () => {
    const { code, err } = await bmdemo('maintenance', 'leave', 'machine-1', '--reason', 'x');
    expect(code).toBe(2);
    expect(err).toContain('Allowed choices are enter, exit');
  });
});

describe('resolve', () => {
  it('clears what a failed run has left', async () => {
    await bmdemo('repave', 'machine-2');
    const { code, out } = await bmdemo('resolve', 'machine-2', '--reason', 'reseated the NIC');
    expect({ code, out }).toEqual({ code: 0, out: 'machine-2 is MAINTENANCE\n' });
    const again = await bmdemo('resolve', 'machine-2', '--reason', 'reseated the NIC');
    expect(again).toMatchObject({ code: 5, err: expect.stringContaining('has nothing to resolve') });
  });

  it('frees a held machine only with --release-stuck', async () => {
    const { out } = await bmdemo('repave', 'machine-3', '--detach', '-o', 'name');
    await inStep('machine-3', 'repave-image');
    expect((await bmdemo('cancel', out.trim())).code).toBe(0);
    const looked = await bmdemo('resolve', 'machine-3', '--reason', 'looked');
    expect(looked.out).toMatch(/^machine-3 is MAINTENANCE: held: the call of run [0-9a-z]{8} has not returned\n$/);
    const refused = await bmdemo('resolve', 'machine-3', '--reason', 'looked again');
    expect(refused).toMatchObject({
      code: 5,
      err: expect.stringContaining('`bmdemo resolve --release-stuck` frees it'),
    });
    const freed = await bmdemo('resolve', 'machine-3', '--release-stuck', '--reason', 'power is cut');
    expect(freed).toMatchObject({ code: 0, out: 'machine-3 is MAINTENANCE\n' });
  });
});

describe('rma', () => {
  it('ends with new hardware under the old name', async () => {
    await bmdemo('rma', 'machine-6', '--reason', 'bad DIMM');
    const new6 = ['--serial', 'S-1', '--mac', '02:de:00:00:ff:01', '--mac', '02:de:00:00:ff:02', '--bmc', '198.18.9.1'];
    const done = await bmdemo('complete-rma', 'machine-6', ...new6, '--reason', 'new board', '-o', 'json');
    expect(done.code).toBe(0);
    expect(JSON.parse(done.out)).toMatchObject({
      spec: { serial: 'S-1', macAddresses: ['02:de:00:00:ff:01', '02:de:00:00:ff:02'], bmcAddress: '198.18.9.1' },
      status: { phase: 'FACTORY_READY' },
    });
  });

  it('is refused where hardware was not awaited, is not free, or is no hardware', async () => {
    const idle = await bmdemo('complete-rma', 'machine-5', '--reason', 'x');
    expect(idle).toMatchObject({ code: 5, err: expect.stringContaining('does not await replacement') });
    await bmdemo('rma', 'machine-7', '--reason', 'bad disk');
    const taken = await bmdemo('complete-rma', 'machine-7', '--serial', 'DEMO-00001', '--reason', 'x');
    expect(taken).toMatchObject({ code: 5, err: expect.stringContaining('belongs to machine machine-1') });
    const malformed = await bmdemo('complete-rma', 'machine-7', '--mac', 'nonsense', '--reason', 'x');
    expect(malformed).toMatchObject({ code: 2, err: expect.stringContaining('(INVALID_ARGUMENT)') });
  });
});

describe('the end of a machine', () => {
  it('is retired, then deleted; the same request twice is once', async () => {
    const retire = ['retire', 'machine-8', '--reason', 'old', '--request-id', 'once'];
    expect(await bmdemo(...retire)).toEqual({ code: 0, out: 'machine-8 is RETIRED\n', err: '' });
    expect(await bmdemo(...retire)).toEqual({ code: 0, out: 'machine-8 is RETIRED\n', err: '' });
    expect((await bmdemo('retire', 'machine-8', '--reason', 'old')).code).toBe(5);
    const gone = await bmdemo('delete', 'machine-8', '--reason', 'sold');
    expect(gone).toEqual({ code: 0, out: 'machine-8 is deleted\n', err: '' });
    expect((await bmdemo('get', 'machine-8')).code).toBe(1);
  });

  it('is refused elsewhere', async () => {
    const { code, err } = await bmdemo('delete', 'machine-4', '--reason', 'x');
    expect(code).toBe(5);
    expect(err).toContain('can be deleted only when RETIRED or FACTORY_READY');
  });
});

describe('several machines', () => {
  it('are one by one; the worst of them counts, and the others are done', async () => {
    const { code, out, err } = await bmdemo('retire', 'machine-9', 'machine-10', 'machine-5', '--reason', 'old');
    expect({ code, out }).toEqual({ code: 1, out: 'machine-9 is RETIRED\nmachine-5 is RETIRED\n' });
    expect(err).toMatch(/^error: .*machine-10.*\(NOT_FOUND\)\n3 machines: 2 done, 1 failed\n$/);
    expect(await phaseOf('machine-5')).toBe('RETIRED');
  });

  it('are those that a selector matches, in order, and no more of them after a failure; what was not begun is listed', async () => {
    const pace = ['--max-parallel', '1', '--stop-after-failures', '1'];
    const words = ['maintenance', 'exit', '--selector', 'phase=RETIRED', '--reason', 'x', ...pace];
    const unconfirmed = await bmdemo(...words);
    expect(unconfirmed).toMatchObject({
      code: 2,
      err: expect.stringContaining('matches 2 machines; without a terminal'),
    });
    const { code, out, err } = await bmdemo(...words, '--expect', '2', '--yes');
    expect({ code, out }).toEqual({ code: 5, out: '' });
    expect(err).toMatch(/^error: machine machine-5 is RETIRED.*\n1 machine: 1 refused\n1 not started: machine-9\n$/);
  });

  it('are one document, or a name each', async () => {
    const enter = ['maintenance', 'enter', 'machine-1', 'machine-2', '--reason', 'again', '-o'];
    expect(parse((await bmdemo(...enter, 'yaml')).out).machines).toHaveLength(2);
    expect((await bmdemo(...enter, 'name')).out).toBe('machine/machine-1\nmachine/machine-2\n');
  });
});

it.each([
  ['maintenance', 'enter', 'machine-1'],
  ['resolve', 'machine-1'],
  ['complete-rma', 'machine-1'],
  ['retire', 'machine-1'],
  ['delete', 'machine-1'],
])('%s wants a reason', async (...words) => {
  const { code, err } = await bmdemo(...words);
  expect(code).toBe(2);
  expect(err).toContain("required option '--reason <TEXT>' not specified");
});

/** Resolves once the machine's run has begun that step. */
async function inStep(machineId: string, step: string): Promise<void> {
  const { out } = await bmdemo('runs', '--machine', machineId, '-o', 'json');
  if (JSON.parse(out).runs[0].currentStep !== step) return inStep(machineId, step);
}
