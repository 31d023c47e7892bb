import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { CommandBench } from './command-double.ts';
import { openCommandBench } from './command-double.ts';
import { ioDouble } from './output/io-double.ts';
import { runProgram } from './program.ts';

let bench: CommandBench;
let folder: string;
const bmdemo = (...words: string[]) => bench.bmdemo(...words);

const GOOD = `plan_id: firmware
display_name: Firmware
params: [{name: version, help: what to install, required: true}]
steps:
  - name: install
    ssh: {script_ref: script/firmware, args: {version: "{{version}}"}}
    hold: {prompt: Is the rack free?}
  - name: eject
    ssh: {script_ref: script/eject}
    always: true
    on_failure: continue
`;
const BAD = 'plan_id: bad\nsteps:\n  - {name: a, reboot: {force: 7}}\n  - {name: a}\n';

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bmdemo-plan-files-'));
  bench = await openCommandBench();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await bench.stop();
});

describe('plans create', () => {
  it('makes a plan of a file, and a new version of it once it has changed', async () => {
    const path = file('firmware.yaml', GOOD);
    const create = () => bmdemo('plans', 'create', path, '--reason', 'firmware 2.1');
    expect(await create()).toEqual({ code: 0, out: 'plan/firmware is version 1\n', err: '' });
    expect((await create()).out).toBe('plan/firmware is version 1\n');
    file('firmware.yaml', GOOD.replace('Firmware', 'The firmware'));
    expect((await create()).out).toBe('plan/firmware is version 2\n');
    const one = parse((await bmdemo('plans', 'firmware', '-o', 'yaml', '--plan-version', '1')).out);
    expect(one).toMatchObject({ planId: 'plan/firmware', displayName: 'Firmware', createdBy: 'lin' });
    const all = (await bmdemo('plans', '--all-versions')).out.split('\n').filter((line) => line.startsWith('firmware'));
    expect(all.map((line) => line.trim().split(/ +/).at(-1))).toEqual(['2', '1']);
  });

  it('tells every mistake with its place, and ends with 2', async () => {
    const path = file('bad.yaml', BAD);
    expect(await bmdemo('plans', 'create', path, '--reason', 'x')).toEqual({
      code: 2,
      out: '',
      err:
        `error: ${path} is no plan that can be used: 3 mistakes\n` +
        `  ${path}:3:31: steps[0].reboot.force: must be true or false\n` +
        `  ${path}:4:5: steps[1]: must say what it does, by one of ssh, reboot, netboot, repave, join, verify, net, rma, drain, power_off\n` +
        `  ${path}:4:12: steps[1].name: is the name of steps[0] already\n`,
    });
  });

  it('reads what is piped in', async () => {
    const io = ioDouble({ env: { BMDEMO_SERVER: bench.address }, input: GOOD.replace('firmware', 'piped') });
    expect(await runProgram(['plans', 'create', '-', '--reason', 'x', '-o', 'name'], io)).toBe(0);
    expect(io.written.out).toBe('plan/piped\n');
  });

  it.each([
    [['plans', 'create', 'none.yaml', '--reason', 'x'], 2, 'error: there is no file "none.yaml"\n'],
    [
      ['plans', 'firmware', '--plan-version', '0'],
      2,
      'error: --plan-version must be a whole number from 1, and is "0"\n',
    ],
    [['plans', '--plan-version', '1'], 2, 'error: --plan-version needs the ID of a plan\n'],
  ])('%j: %i', async (words, code, err) => {
    expect(await bmdemo(...words)).toEqual({ code, out: '', err });
  });

  it('refuses the name of a built-in plan', async () => {
    const { code, err } = await bmdemo(
      'plans',
      'create',
      file('r.yaml', GOOD.replace('firmware', 'reboot')),
      '--reason',
      'x',
    );
    expect(code).toBe(5);
    expect(err).toMatch(/^error: plan\/reboot is built in and cannot be replaced.* \(FAILED_PRECONDITION\)\n$/);
  });
});

describe('plans validate', () => {
  it('says of each file what it is, and changes nothing', async () => {
    const good = file('good.yaml', GOOD.replace('firmware', 'fresh'));
    const bad = file('bad.yaml', BAD);
    const { code, out, err } = await bmdemo('plans', 'validate', good, bad);
    expect({ code, out }).toEqual({ code: 2, out: `${good}: plan/fresh is good, and would be version 1\n` });
    expect(err.split('\n')[0]).toBe(`error: ${bad} is no plan that can be used: 3 mistakes`);
    expect((await bmdemo('plans', 'validate', good)).code).toBe(0);
    expect((await bmdemo('plans', 'fresh')).code).toBe(1);
    expect(JSON.parse((await bmdemo('plans', 'validate', good, '-o', 'json')).out)).toMatchObject({
      plans: [{ planId: 'plan/fresh' }],
    });
  });

  it('says it of the name of a built-in plan, too', async () => {
    const { code, err } = await bmdemo('plans', 'validate', file('r.yaml', GOOD.replace('firmware', 'reboot')));
    expect(code).toBe(2);
    expect(err).toMatch(/r\.yaml:1:10: plan_id: plan\/reboot is built in/);
  });
});

describe("a plan of one's own", () => {
  it('is shown with how its steps behave, run, held, approved, and deleted', async () => {
    await bmdemo('plans', 'create', file('firmware.yaml', GOOD), '--reason', 'x');
    const shown = (await bmdemo('plans', 'firmware')).out;
    expect(shown).toMatch(/\n {2}install +ssh script\/firmware +300s +1 +asks first: Is the rack free\?\n/);
    expect(shown).toMatch(/\n {2}eject +ssh script\/eject +300s +1 +goes on if it fails; always done\n/);
    await bmdemo('import', '1');
    const started = await bmdemo('start', 'firmware', 'machine-1', '--param', 'version=2', '--detach', '-o', 'name');
    const runId = started.out.trim().replace('run/', '');
    const early = await bmdemo('approve', runId, '--reason', 'x', '--step', 'eject');
    expect(early).toMatchObject({ code: 5, err: expect.stringContaining('eject of run') });
    let approved = await bmdemo('approve', runId, '--reason', 'rack is free');
    while (approved.code === 5) approved = await bmdemo('approve', runId, '--reason', 'rack is free');
    expect(approved).toMatchObject({ code: 0, out: expect.stringMatching(/^install of run .* is approved/) });
    expect((await bmdemo('plans', 'delete', 'firmware', '--reason', 'unused')).out).toBe('plan/firmware is deleted\n');
    expect(await bmdemo('plans', 'delete', 'firmware', '--reason', 'unused')).toMatchObject({ code: 1 });
    expect((await bmdemo('approve', runId)).err).toContain("required option '--reason <TEXT>'");
  });
});

describe('serve --plans', () => {
  it('has the plans of a folder', async () => {
    const plans = join(folder, 'plans');
    mkdirSync(plans);
    writeFileSync(join(plans, 'firmware.yaml'), GOOD);
    const own = await openCommandBench({ BMDEMO_PLANS: plans });
    try {
      const { out } = await own.bmdemo('plans', 'firmware');
      expect(out).toMatch(/\nversion +1\nmade by +firmware\.yaml\n/);
    } finally {
      await own.stop();
    }
  });

  it('does not start where one of them is bad, and says what is wrong with all', async () => {
    const plans = join(folder, 'bad-plans');
    mkdirSync(plans);
    writeFileSync(join(plans, 'a.yaml'), BAD);
    writeFileSync(join(plans, 'b.yaml'), 'plan_id: reboot\nsteps: [{name: a, drain: {}}]\n');
    for (const words of [['serve', '--port', '0', '--store', 'memory', '--plans', plans]]) {
      const io = ioDouble();
      expect(await runProgram(words, io)).toBe(2);
      expect(io.written.err.split('\n')).toEqual([
        `error: the plans in ${plans} cannot be used: 4 mistakes`,
        expect.stringContaining(`${plans}/a.yaml:3:31: steps[0].reboot.force: must be true or false`),
        expect.stringContaining(`${plans}/a.yaml:4:5: steps[1]: must say what it does`),
        expect.stringContaining(`${plans}/a.yaml:4:12: steps[1].name: is the name of steps[0] already`),
        expect.stringContaining(`${plans}/b.yaml:1:10: plan_id: plan/reboot is built in`),
        '',
      ]);
    }
  });

  it('needs a folder', async () => {
    const io = ioDouble();
    expect(await runProgram(['serve', '--port', '0', '--store', 'memory', '--plans', join(folder, 'none')], io)).toBe(
      2,
    );
    expect(io.written.err).toBe(`error: there are no plans to be had: ${join(folder, 'none')} is not there\n`);
  });
});
