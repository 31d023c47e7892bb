import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { CommandBench } from './command-double.ts';
import { openCommandBench } from './command-double.ts';

let bench: CommandBench;
const bmdemo = (...words: string[]) => bench.bmdemo(...words);

/** What `explain` says in JSON. */
async function explained(id: string) {
  const { code, out } = await bmdemo('explain', id, '-o', 'json');
  expect(code).toBe(0);
  return JSON.parse(out);
}

/** Starts a run that is not followed, waits until `explain` sees it wait so, and answers its id. */
async function waiting(kind: string, ...words: string[]): Promise<string> {
  const { out } = await bmdemo(...words, '--detach', '-o', 'name');
  const runId = out.trim().slice('run/'.length);
  for (;;) {
    const { run } = await explained(runId);
    if (run.waitingFor?.kind === kind) return runId;
  }
}

/** A restart whose second attempt is an hour away: a back-off that is drawn at random may be over before it is seen. */
const PATIENT_REBOOT = `
plan_id: patient-reboot
steps:
  - name: reboot
    reboot: {}
    max_retries: 1
    retry: { initial: 1h, cap: 1h, jitter: false }
`;

const folder = mkdtempSync(join(tmpdir(), 'bmdemo-explain-'));

const commandsOf = ({ unblock }: { unblock: { command: string }[] }) => unblock.map(({ command }) => command);

beforeAll(async () => {
  bench = await openCommandBench({
    BMDEMO_MAX_RUNS: '3',
    BMDEMO_FAULT: [
      'machine-2/verify-in-cluster=fail',
      'machine-3/repave-image=hang',
      'machine-4/reboot=ignore-abort',
      'machine-5/reboot=fail',
      'machine-6/reboot=hang',
    ].join('\n'),
  });
  await bmdemo('import', '9');
  const file = join(folder, 'patient-reboot.yaml');
  writeFileSync(file, PATIENT_REBOOT);
  expect((await bmdemo('plans', 'create', file, '--reason', 'a restart that waits')).code).toBe(0);
});
afterAll(async () => {
  await bench.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('explain', () => {
  it('tells a machine at rest', async () => {
    const { code, out, err } = await bmdemo('explain', 'machine-1');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^machine-1 is FACTORY_READY since \d{4}-.* ago\), and no run is under way\.\nIt waits for nothing\.\n$/,
    );
  });

  it('tells maintenance, and how it ends', async () => {
    await bmdemo('maintenance', 'enter', 'machine-8', '--reason', 'PDU');
    const { out } = await bmdemo('explain', 'machine-8');
    expect(out).toMatch(/^machine-8 is MAINTENANCE since /);
    expect(out).toMatch(/\n {2}bmdemo maintenance exit machine-8 --reason TEXT +puts it back/);
    expect(out).toMatch(/\n {2}OperatorMaintenance +true +\d+s +EnterMaintenance +PDU\n/);
  });

  it('tells an RMA, and what ends it', async () => {
    await bmdemo('rma', 'machine-9', '--reason', 'bad DIMM');
    const told = await explained('machine-9');
    expect(told.sentences.at(-1)).toMatch(/^It waits for its hardware to be replaced: .*bad DIMM/);
    expect(commandsOf(told)[0]).toMatch(/^bmdemo complete-rma machine-9 /);
  });

  it('tells a run that hangs in the hardware: which call, since when, until when', async () => {
    const runId = await waiting('KIND_PROVIDER', 'reboot', 'machine-6');
    const { out } = await bmdemo('explain', 'machine-6');
    expect(out).toMatch(
      /^machine-6 is PROVISIONING since .* ago\)\.\nRun [0-9a-z]{16} \(reboot, started by lin\) goes on /,
    );
    expect(out).toMatch(/\nIt is in step reboot \(1 of 1\), attempt 1 of \d; the step began at /);
    expect(out).toMatch(
      /\nIt waits for the provider to finish reboot, .*, for \d+\.\ds so far, and at most .* more\.\n/,
    );
    expect(out).toContain(`bmdemo logs ${runId} --follow`);
    expect((await bmdemo('cancel', runId)).code).toBe(0);
  });

  it('tells a back-off, which retry-now skips', async () => {
    const runId = await waiting('KIND_BACK_OFF', 'start', 'patient-reboot', 'machine-5');
    const told = await explained(runId.slice(0, 12));
    expect(told.about).toBe('run');
    expect(told.sentences.at(-1)).toMatch(
      /^It waits for attempt 2 of \d of reboot, because .*, which comes in (1h 00m|59m \d\ds)\.$/,
    );
    expect(told.attempts).toMatchObject([{ runId, step: 'reboot', attempt: 1, outcome: 'failed' }]);
    expect(commandsOf(told)[0]).toBe(`bmdemo retry-now ${runId}`);
    await bmdemo('cancel', runId);
  });

  it('tells a call that does not return, and how to free the machine by hand', async () => {
    const runId = await waiting('KIND_PROVIDER', 'reboot', 'machine-4');
    await bmdemo('cancel', runId);
    const told = await explained('machine-4');
    expect(told.sentences.join('\n')).toContain(`It waits for the last call of run ${runId} to return, in reboot`);
    expect(commandsOf(told)).toEqual(['bmdemo resolve machine-4 --release-stuck --reason TEXT']);
    expect((await bmdemo('resolve', 'machine-4', '--release-stuck', '--reason', 'power is cut')).code).toBe(0);
  });

  it('tells why somebody has to look, with the last three attempts', async () => {
    const running = (await bmdemo('repave', 'machine-2', '--detach', '-o', 'name')).out.trim().slice('run/'.length);
    await untilEnded(running);
    const { out } = await bmdemo('explain', 'machine-2');
    expect(out).toMatch(/\nRun [0-9a-z]{16} \(repave-join, started by lin\) of machine-2 FAILED at .* after .*: .*\n/);
    expect(out).toMatch(/\nIt waits for somebody to look: /);
    expect(out).toMatch(/\n {2}bmdemo resolve machine-2 --reason TEXT +says that somebody has looked\n/);
    const attempts = out.slice(out.indexOf('last attempts'), out.indexOf('conditions')).trimEnd().split('\n').slice(2);
    expect(attempts).toHaveLength(3);
    expect(attempts.at(-1)).toMatch(/^ {2}[0-9a-z]{8} +verify-in-cluster +\d +\d+\.\ds +failed +/);
    expect(out).toMatch(/\n {2}NeedsIntervention +true +/);
    const ofRun = await explained(running);
    expect(ofRun.sentences.at(-1)).toMatch(/^machine-2 waits for somebody to look: /);
    expect(commandsOf(ofRun)).toContain('bmdemo resolve machine-2 --reason TEXT');
  });

  it('tells a run that no server has room for', async () => {
    // The call of machine-4 that does not return has the third place.
    const busy = await Promise.all([
      waiting('KIND_PROVIDER', 'repave', 'machine-3'),
      waiting('KIND_PROVIDER', 'reboot', 'machine-6', '--acknowledge'),
    ]);
    const queued = await waiting('KIND_SLOT', 'reboot', 'machine-7');
    const told = await explained('machine-7');
    expect(told.sentences.at(-1)).toMatch(/^It waits for a server with room for it, for /);
    expect(told.sentences[1]).toMatch(/was accepted for machine-7 at .* and has not begun\.$/);
    expect(commandsOf(told)).toEqual(['bmdemo runs --filter phase=RUNNING', `bmdemo cancel ${queued} --reason TEXT`]);
    expect(JSON.parse((await bmdemo('list', '--filter', 'machine_id=machine-7', '-o', 'json')).out)).toMatchObject({
      machines: [{ status: { waitingFor: { kind: 'KIND_SLOT', scope: 'server' } } }],
    });
    await Promise.all([...busy, queued].map((runId) => bmdemo('cancel', runId)));
  });

  it('is a document for programs, or a name', async () => {
    const yaml = parse((await bmdemo('explain', 'machine-1', '-o', 'yaml')).out);
    expect(yaml).toMatchObject({ about: 'machine', waits: false, unblock: [], attempts: [], run: null });
    expect((await bmdemo('explain', 'machine/machine-1', '-o', 'name')).out).toBe('machine/machine-1\n');
    const run = (await bmdemo('runs', '--limit', '1', '-o', 'name')).out;
    expect((await bmdemo('explain', run.trim(), '-o', 'name')).out).toBe(run);
  });

  it.each([
    ['machine-99', /^error: machine machine-99 is not registered \(NOT_FOUND\)\n$/],
    ['machine/zzz', /^error: machine zzz is not registered \(NOT_FOUND\)\n$/],
    ['run/000000000000000', /^error: there is no run whose id begins with "000000000000000"\n$/],
  ])('knows no %s', async (id, sentence) => {
    const { code, out, err } = await bmdemo('explain', id);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(sentence);
  });
});

/** Skips back-offs until the run has ended. */
async function untilEnded(runId: string): Promise<void> {
  await bmdemo('retry-now', runId);
  const { run } = await explained(runId);
  if (run.phase === 'RUNNING') return untilEnded(runId);
}
