import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { CommandBench } from './command-double.ts';
import { openCommandBench } from './command-double.ts';

let bench: CommandBench;
const bmdemo = (...words: string[]) => bench.bmdemo(...words);

beforeAll(async () => {
  bench = await openCommandBench({
    BMDEMO_FAULT: 'machine-2/verify-in-cluster=fail,terminal\nmachine-3/repave-image=hang',
  });
  await bmdemo('import', '4');
  await bmdemo('repave', 'machine-2');
  await bmdemo('repave', 'machine-3', '--detach');
});
afterAll(() => bench.stop());

describe('a dry run', () => {
  it('shows plan, params, steps, gates and phases, and starts nothing', async () => {
    const { code, out, err } = await bmdemo('repave', 'machine-1', '--dry-run', '--param', 'image_ref=debian:13');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^machine +machine-1\nplan +plan\/repave-join version 1\ntype +REPAVE\nparams +.*image_ref=debian:13/,
    );
    expect(out).toMatch(/\nphase +FACTORY_READY → IN_SERVICE\n/);
    expect(out).toMatch(/\n {2}repave-image +repave +everything on the disk +–\n/);
    expect(out).toMatch(/\n {2}the machine is free +passed +no run is active/);
    expect(out).toMatch(/\nit would be started; this was a dry run, and nothing was\n$/);
    expect((await bmdemo('runs', '--machine', 'machine-1', '-o', 'name')).out).toBe('');
  });

  it('says what stands against it in the words of the command line, and ends with 5', async () => {
    const { code, out } = await bmdemo('reboot', 'machine-2', '--dry-run');
    expect(code).toBe(5);
    expect(out).toMatch(
      /\n {2}nobody has to look at it first +refused +machine machine-2 needs intervention: .*--acknowledge\n/,
    );
    expect(out).toContain('it would be refused, because this is not so: nobody has to look at it first\n');
    expect((await bmdemo('reboot', 'machine-2', '--dry-run', '--acknowledge')).code).toBe(0);
    expect((await bmdemo('reboot', 'machine-3', '--dry-run')).out).toMatch(
      /the machine is free +refused +machine machine-3 /,
    );
  });

  it('says how long it took before', async () => {
    await bmdemo('reboot', 'machine-4');
    const { out } = await bmdemo('reboot', 'machine-4', '--dry-run');
    expect(out).toMatch(/\ntook before +\d+\.\ds, p95 \d+\.\ds \(1 run\)\n/);
    expect(out).toMatch(/\n {2}reboot +reboot +– +\d+\.\ds, p95 \d+\.\ds \(1 run\)\n/);
  });

  it('says which run the same request has started before', async () => {
    await bmdemo('reboot', 'machine-4', '--request-id', 'once');
    const { code, out } = await bmdemo('reboot', 'machine-4', '--request-id', 'once', '--dry-run');
    expect(code).toBe(0);
    expect(out).toMatch(
      /\nnothing would be started: this request id has started run [0-9a-z]{16} before, which is SUCCEEDED\n$/,
    );
  });

  it('of several machines goes one by one, and the worst counts', async () => {
    const { code, out, err } = await bmdemo('start', 'reboot', 'machine-1', 'machine-2', 'machine-9', '--dry-run');
    expect(code).toBe(1);
    expect([...out.matchAll(/^machine +(\S+)$/gm)].map((match) => match[1])).toEqual(['machine-1', 'machine-2']);
    expect(err).toMatch(/^error: .*machine-9.*\(NOT_FOUND\)\n$/);
    expect((await bmdemo('reboot', 'machine-1', 'machine-2', '--dry-run')).code).toBe(5);
  });

  it('is a document for programs, or the names of what would be started', async () => {
    const one = await bmdemo('repave', 'machine-1', '--dry-run', '-o', 'json');
    expect(JSON.parse(one.out)).toMatchObject({ allowed: true, phaseAfter: 'IN_SERVICE', type: 'REPAVE' });
    const refused = await bmdemo('repave', 'machine-2', '--dry-run', '-o', 'yaml');
    expect(refused.code).toBe(5);
    expect(parse(refused.out)).toMatchObject({ allowed: false });
    const both = ['reboot', 'machine-1', 'machine-2', '--dry-run', '-o'];
    expect(JSON.parse((await bmdemo(...both, 'json')).out).previews).toHaveLength(2);
    expect(await bmdemo(...both, 'name')).toMatchObject({ code: 5, out: 'machine/machine-1\n' });
  });

  it('has a token that binds a start to what was shown', async () => {
    const preview = JSON.parse((await bmdemo('reboot', 'machine-1', '--dry-run', '-o', 'json')).out);
    const bound = ['reboot', 'machine-1', '--preview-token', preview.previewToken];
    expect((await bmdemo(...bound)).code).toBe(0);
    expect(await bmdemo(...bound)).toMatchObject({
      code: 5,
      err: expect.stringContaining('the preview is out of date'),
    });
  });

  it.each([['--detach'], ['--preview-token=x']])('does not go with %s', async (option) => {
    const { code, out, err } = await bmdemo('reboot', 'machine-1', '--dry-run', option);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^error: option .* cannot be used with option /);
  });
});
