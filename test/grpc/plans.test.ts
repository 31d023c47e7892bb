import { describe, expect, it } from 'vitest';
import { errorDetail } from '../../src/wire/errors.ts';
import { Step_OnFailure } from '../../src/wire/gen/baremetal/v1/plan_pb.ts';
import type { PlanSourceSchema } from '../../src/wire/gen/baremetal/v1/plan_service_pb.ts';
import { PlanProblemsSchema } from '../../src/wire/gen/baremetal/v1/plan_service_pb.ts';
import { Run_Phase } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import type { Init } from '../support/grpc.ts';
import { as, refusal, startGrpc, Watched } from '../support/grpc.ts';

type Source = Init<typeof PlanSourceSchema>;

const YAML = `plan_id: firmware
display_name: Firmware
params:
  - name: version
    required: true
steps:
  - name: install
    ssh: {script_ref: script/firmware, args: {version: "{{version}}"}}
    timeout_seconds: 900
    max_retries: 2
    retry: {initial: 2s, cap: 1m}
    hold: {prompt: Is the rack free?}
  - name: eject-media
    ssh: {script_ref: script/eject}
    always: true
    on_failure: continue
`;

const BAD = `plan_id: firmware
steps:
  - name: a
    reboot: {force: maybe}
    timeout_seconds: 0
  - name: a
    polish: {}
`;

function yaml(text: string, fileName = 'firmware.yaml'): Source {
  return { form: { case: 'yaml', value: text }, fileName };
}

function rebooting(planId: string, description = ''): Source {
  const steps = [{ name: 'reboot', kind: { case: 'reboot' as const, value: {} } }];
  return { form: { case: 'plan', value: { planId, description, steps } } };
}

const WHY = { reason: 'new firmware' };

describe('CreatePlan', () => {
  it('makes a plan of a YAML document, as it can be read from then on', async () => {
    const { plans } = await startGrpc();
    const made = await plans.createPlan({ source: yaml(YAML), requestId: 'r-1', ...WHY }, as('alice'));
    expect(made).toMatchObject({ planId: 'plan/firmware', version: 1, builtIn: false, createdBy: 'alice' });
    expect(made.createdAt).toBeDefined();
    expect(made.steps[0]).toMatchObject({
      name: 'install',
      kind: { case: 'ssh', value: { scriptRef: 'script/firmware', args: { version: '{{version}}' } } },
      timeoutSeconds: 900,
      maxRetries: 2,
      retry: { initial: { seconds: 2n }, multiplier: 2, cap: { seconds: 60n }, jitter: true },
      onFailure: Step_OnFailure.STOP,
      always: false,
      hold: { prompt: 'Is the rack free?' },
    });
    expect(made.steps[1]).toMatchObject({ timeoutSeconds: 300, onFailure: Step_OnFailure.CONTINUE, always: true });
    expect(made.steps[1]?.hold).toBeUndefined();
    expect(await plans.getPlan({ planId: 'firmware' })).toEqual(made);
  });

  it('takes back what it gave: a plan as a message, its output fields ignored', async () => {
    const { plans } = await startGrpc();
    const made = await plans.createPlan({ source: yaml(YAML), requestId: 'r-1', ...WHY });
    const source: Source = { form: { case: 'plan', value: { ...made, version: 7, builtIn: true, createdBy: 'x' } } };
    expect(await plans.createPlan({ source, requestId: 'r-2', ...WHY })).toEqual(made);
  });

  it('makes a new version of one that is known; runs keep the one that they began with', async () => {
    const { plans, register, start, runs, gated } = await startGrpc();
    await plans.createPlan({ source: rebooting('own'), requestId: 'r-1', ...WHY });
    await register('machine-1', { spec: { provider: 'gated' } });
    const { runId } = await start('machine-1', { planId: 'own' });
    const call = await gated.next();
    const second = await plans.createPlan({ source: rebooting('own', 'second'), requestId: 'r-2', ...WHY });
    expect(second.version).toBe(2);
    await plans.deletePlan({ planId: 'own', requestId: 'd-1', ...WHY });
    expect(await runs.getRun({ runId })).toMatchObject({
      planId: 'plan/own',
      planVersion: 1,
      phase: Run_Phase.RUNNING,
    });
    call.finish();
    expect(await refusal(start('machine-1', { planId: 'own', requestId: 'r' }))).toMatchObject({
      codeName: 'NOT_FOUND',
      reason: 'PLAN_NOT_FOUND',
    });
  });

  it('is idempotent by request id, and refuses one that was used for something else', async () => {
    const { plans } = await startGrpc();
    const request = { source: rebooting('own'), requestId: 'r-1', ...WHY };
    const made = await Promise.all(Array.from({ length: 20 }, () => plans.createPlan(request)));
    expect(new Set(made.map(({ version }) => version))).toEqual(new Set([1]));
    await plans.createPlan({ source: rebooting('own', 'second'), requestId: 'r-2', ...WHY });
    expect(await plans.createPlan(request)).toMatchObject({ version: 1 });
    const told = await refusal(plans.createPlan({ ...request, source: rebooting('own', 'third') }));
    expect(told).toMatchObject({ codeName: 'ALREADY_EXISTS', reason: 'REQUEST_ID_REUSED' });
    expect(told.metadata).toMatchObject({ plan_id: 'plan/own', request_id: 'r-1' });
  });

  it('tells everything that is wrong with a document, with the places', async () => {
    const { plans } = await startGrpc();
    const call = plans.createPlan({ source: yaml(BAD), requestId: 'r-1', ...WHY });
    const error = await call.then(
      () => expect.unreachable('it is bad'),
      (thrown: unknown) => thrown,
    );
    const told = errorDetail(error, PlanProblemsSchema)?.problems;
    expect(
      told?.map(({ file, line, column, field, message }) => `${file}:${line}:${column} ${field} ${message}`),
    ).toEqual([
      'firmware.yaml:4:21 steps[0].reboot.force must be true or false',
      'firmware.yaml:5:22 steps[0].timeout_seconds must be a whole number from 1 to 86400',
      'firmware.yaml:6:11 steps[1].name is the name of steps[0] already',
      'firmware.yaml:7:5 steps[1].polish is no key that belongs here',
    ]);
    expect(await refusal(plans.createPlan({ source: yaml(BAD), requestId: 'r-1', ...WHY }))).toMatchObject({
      codeName: 'INVALID_ARGUMENT',
      reason: 'BAD_PLAN',
      message: expect.stringMatching(/^the plan cannot be used: steps\[0\]\.reboot\.force must .*; and 1 more/),
    });
    expect((await plans.listPlans({})).plans.filter(({ builtIn }) => !builtIn)).toEqual([]);
  });

  it('keeps what it tells within a trailer, however much is wrong', async () => {
    const { plans } = await startGrpc();
    const steps = Array.from(
      { length: 64 },
      () => '  - {name: "…………………………", reboot: {force: 7}, timeout_seconds: none}',
    );
    const call = plans.createPlan({
      source: yaml(`plan_id: p\nsteps:\n${steps.join('\n')}\n`),
      requestId: 'r',
      ...WHY,
    });
    const error = await call.then(
      () => expect.unreachable('it is bad'),
      (thrown: unknown) => thrown,
    );
    const told = errorDetail(error, PlanProblemsSchema)?.problems.length ?? 0;
    expect(told).toBeGreaterThan(5);
    expect(told).toBeLessThan(64 * 3);
  });

  it.each<[string, object, readonly string[]]>([
    ['nothing', {}, ['request_id', 'reason']],
    ['no source', { requestId: 'r', ...WHY }, ['source']],
    [
      'a file name that does something',
      { source: yaml(YAML, '\u001b[2J'), requestId: 'r', ...WHY },
      ['source.file_name'],
    ],
  ])('with %s: INVALID_ARGUMENT', async (_, request, fields) => {
    const { plans } = await startGrpc();
    const told = await refusal(plans.createPlan(request));
    expect(told.codeName).toBe('INVALID_ARGUMENT');
    expect(told.fieldViolations.map(({ field }) => field)).toEqual(fields);
  });

  it('tells by field what is wrong with a message', async () => {
    const { plans } = await startGrpc();
    const value = { planId: 'Own', steps: [{ name: 'a' }, { name: 'b', onFailure: 9 as never, timeoutSeconds: -1 }] };
    const { problems } = await plans.validatePlan({ source: { form: { case: 'plan', value } } });
    expect(problems.map(({ line, field }) => [line, field])).toEqual([
      [0, 'plan_id'],
      [0, 'steps[0]'],
      [0, 'steps[1]'],
      [0, 'steps[1].on_failure'],
      [0, 'steps[1].timeout_seconds'],
    ]);
  });
});

describe('built-in plans', () => {
  it('are neither replaced nor deleted', async () => {
    const { plans } = await startGrpc();
    const calls = [
      plans.createPlan({ source: rebooting('repave-join'), requestId: 'r', ...WHY }),
      plans.deletePlan({ planId: 'repave-join', requestId: 'r', ...WHY }),
    ];
    for (const call of calls) {
      expect(await refusal(call)).toMatchObject({
        codeName: 'FAILED_PRECONDITION',
        reason: 'PLAN_BUILT_IN',
        preconditions: [{ type: 'PLAN_BUILT_IN', subject: 'plan/repave-join' }],
      });
    }
    const { problems } = await plans.validatePlan({ source: rebooting('repave-join') });
    expect(problems).toMatchObject([{ field: 'plan_id', message: expect.stringContaining('is built in') }]);
  });
});

describe('ValidatePlan', () => {
  it('says what would be stored, and stores nothing', async () => {
    const { plans, events } = await startGrpc();
    const { plan, problems } = await plans.validatePlan({ source: yaml(YAML) }, as('alice'));
    expect(problems).toEqual([]);
    expect(plan).toMatchObject({ planId: 'plan/firmware', version: 1, createdBy: 'alice' });
    expect((await refusal(plans.getPlan({ planId: 'firmware' }))).codeName).toBe('NOT_FOUND');
    await plans.createPlan({ source: yaml(YAML), requestId: 'r', ...WHY });
    expect((await plans.validatePlan({ source: yaml(YAML) })).plan?.version).toBe(1);
    const changed = yaml(YAML.replace('900', '901'));
    expect((await plans.validatePlan({ source: changed })).plan?.version).toBe(2);
    expect((await events.listEvents({ filter: 'subject=plan' })).events).toHaveLength(1);
  });

  it('says all that is wrong', async () => {
    const { plans } = await startGrpc();
    const { plan, problems } = await plans.validatePlan({ source: yaml(BAD) });
    expect(plan).toBeUndefined();
    expect(problems.map(({ line }) => line)).toEqual([4, 5, 6, 7]);
  });
});

describe('DeletePlan', () => {
  it('takes a plan away with all its versions; again is the same answer; the name can be used anew', async () => {
    const { plans } = await startGrpc();
    await plans.createPlan({ source: rebooting('own'), requestId: 'r-1', ...WHY });
    await plans.createPlan({ source: rebooting('own', 'second'), requestId: 'r-2', ...WHY });
    const request = { planId: 'own', requestId: 'd-1', ...WHY };
    expect(await plans.deletePlan(request)).toMatchObject({ planId: 'plan/own', version: 2, description: 'second' });
    expect(await plans.deletePlan(request)).toMatchObject({ version: 2 });
    for (const version of [0, 1, 2]) {
      expect((await refusal(plans.getPlan({ planId: 'own', version }))).reason).toBe('PLAN_NOT_FOUND');
    }
    expect(await refusal(plans.deletePlan({ ...request, requestId: 'd-2' }))).toMatchObject({
      codeName: 'NOT_FOUND',
      resource: { type: 'plan', name: 'plan/own' },
    });
    expect(await plans.createPlan({ source: rebooting('own'), requestId: 'r-3', ...WHY })).toMatchObject({
      version: 3,
    });
  });
});

describe('versions', () => {
  it('are listed and read on their own', async () => {
    const { plans } = await startGrpc();
    for (const [at, text] of ['one', 'two', 'three'].entries()) {
      await plans.createPlan({ source: rebooting('own', text), requestId: `r-${at}`, ...WHY });
    }
    const own = (list: { readonly plans: readonly { planId: string; version: number }[] }) =>
      list.plans.filter(({ planId }) => planId === 'plan/own').map(({ version }) => version);
    const latest = await plans.listPlans({});
    expect(own(latest)).toEqual([3]);
    expect(latest.totalSize).toBe(6);
    const all = await plans.listPlans({ allVersions: true });
    expect(own(all)).toEqual([3, 2, 1]);
    expect(all.totalSize).toBe(8);
    const paged: number[] = [];
    for (let pageToken = ''; ; ) {
      const page = await plans.listPlans({ allVersions: true, pageSize: 2, pageToken });
      paged.push(...own(page));
      if (page.nextPageToken === '') break;
      pageToken = page.nextPageToken;
    }
    expect(paged).toEqual([3, 2, 1]);
    expect(await plans.getPlan({ planId: 'own', version: 2 })).toMatchObject({ description: 'two' });
    expect((await refusal(plans.getPlan({ planId: 'own', version: 4 }))).message).toContain('the latest is 3');
    const token = (await plans.listPlans({ pageSize: 2 })).nextPageToken;
    const told = await refusal(plans.listPlans({ pageToken: token, allVersions: true }));
    expect(told.fieldViolations).toMatchObject([{ field: 'page_token' }]);
  });
});

describe('the audit trail', () => {
  it('tells who made and deleted a plan, and why, in a list and live', async () => {
    const { plans, events, register } = await startGrpc();
    const head = (await events.listEvents({})).cursor;
    const watch = new Watched((signal) => events.watchEvents({ afterCursor: head }, { signal }) as never);
    await plans.createPlan({ source: rebooting('own'), requestId: 'r-1', ...WHY }, as('alice'));
    await register('machine-1');
    await plans.deletePlan({ planId: 'own', requestId: 'd-1', reason: 'unused' }, as('bob'));
    const { events: told } = await events.listEvents({ filter: 'plan_id=plan/own' });
    expect(told).toMatchObject([
      {
        kind: 'PLAN_CREATED',
        actor: 'alice',
        reason: 'new firmware',
        requestId: 'r-1',
        method: 'PlanService/CreatePlan',
        planId: 'plan/own',
        machineId: '',
        runId: '',
        revision: 1n,
        snapshot: { case: 'plan', value: { planId: 'plan/own', version: 1 } },
      },
      { kind: 'PLAN_DELETED', actor: 'bob', reason: 'unused', method: 'PlanService/DeletePlan', revision: 2n },
    ]);
    const live = (await watch.take(3)) as unknown as { event?: { kind: string } }[];
    expect(live.map(({ event }) => event?.kind)).toEqual(['PLAN_CREATED', 'REGISTERED', 'PLAN_DELETED']);
  });

  it('of plans disturbs no watch of machines or runs', async () => {
    const { plans, runs, machines, register } = await startGrpc();
    const ofRuns = new Watched((signal) => runs.watchRuns({}, { signal }));
    const ofMachines = new Watched((signal) => machines.watchMachines({}, { signal }));
    await plans.createPlan({ source: rebooting('own'), requestId: 'r-1', ...WHY });
    await register('machine-1', { spec: { provider: 'gated' } });
    expect((await ofMachines.next()).snapshot).toMatchObject({ machineId: 'machine-1' });
    await runs.startRun({ machineId: 'machine-1', requestId: 'r', planId: 'own' });
    expect((await ofRuns.next()).snapshot).toMatchObject({ planId: 'plan/own', planVersion: 1 });
  });
});
