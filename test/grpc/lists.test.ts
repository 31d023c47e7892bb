import { describe, expect, it } from 'vitest';
import type { Grpc } from '../support/grpc.ts';
import { refusal, startGrpc } from '../support/grpc.ts';

/** Nine machines in three racks, the even ones gold. */
async function fleet(): Promise<Grpc> {
  const grpc = await startGrpc();
  for (let n = 1; n <= 9; n += 1) {
    await grpc.register(`machine-${n}`, {
      spec: { provider: 'fake', rack: `r${n % 3}`, targetCluster: { clusterId: 'prod-a' } },
      labels: n % 2 === 0 ? { tier: 'gold' } : {},
    });
  }
  return grpc;
}

async function allPages(machines: Grpc['machines'], request: { filter?: string; orderBy?: string; pageSize: number }) {
  const pages: string[][] = [];
  for (let pageToken = ''; ; ) {
    const page = await machines.listMachines({ ...request, pageToken });
    pages.push(page.machines.map(({ machineId }) => machineId));
    pageToken = page.nextPageToken;
    if (pageToken === '') return pages;
  }
}

describe('lists of machines', () => {
  it('come in pages, in order, each machine once, with how many there are', async () => {
    const { machines } = await fleet();
    const pages = await allPages(machines, { pageSize: 4 });
    expect(pages).toEqual([
      ['machine-1', 'machine-2', 'machine-3', 'machine-4'],
      ['machine-5', 'machine-6', 'machine-7', 'machine-8'],
      ['machine-9'],
    ]);
    const first = await machines.listMachines({ pageSize: 4 });
    expect(first.totalSize).toBe(9);
    expect(await machines.listMachines({})).toMatchObject({ totalSize: 9, nextPageToken: '' });
    expect((await machines.listMachines({ pageSize: 5_000 })).machines).toHaveLength(9);
  });

  it('keep their order while rows come and go between two pages', async () => {
    const { machines, register } = await fleet();
    const first = await machines.listMachines({ pageSize: 4 });
    await register('machine-0');
    await machines.deleteMachine({ machineId: 'machine-5', requestId: 'd', reason: 'sold' });
    const second = await machines.listMachines({ pageSize: 4, pageToken: first.nextPageToken });
    expect(second.machines.map(({ machineId }) => machineId)).toEqual([
      'machine-6',
      'machine-7',
      'machine-8',
      'machine-9',
    ]);
  });

  it.each([
    ['machine_id desc', ['machine-9', 'machine-8', 'machine-7']],
    ['rack', ['machine-3', 'machine-6', 'machine-9']],
    ['  rack   DESC ', ['machine-8', 'machine-5', 'machine-2']],
    ['updated_at asc', ['machine-1', 'machine-2', 'machine-3']],
    ['phase', ['machine-1', 'machine-2', 'machine-3']],
  ])('are sorted by "%s"', async (orderBy, expected) => {
    const { machines } = await fleet();
    const page = await machines.listMachines({ orderBy, pageSize: 3 });
    expect(page.machines.map(({ machineId }) => machineId)).toEqual(expected);
    const pages = await allPages(machines, { orderBy, pageSize: 2 });
    expect(new Set(pages.flat()).size).toBe(9);
  });

  it.each([
    ['rack=r1', ['machine-1', 'machine-4', 'machine-7']],
    ['rack = r1 AND labels.tier=gold', ['machine-4']],
    ['labels.tier != gold AND rack:2', ['machine-5']],
    ['machine_id=machine-1', ['machine-1']],
    ['effective_state=factory_ready AND cluster="prod-a" AND machine_id:9', ['machine-9']],
  ])('are filtered by %s', async (filter, expected) => {
    const { machines } = await fleet();
    const page = await machines.listMachines({ filter });
    expect(page.machines.map(({ machineId }) => machineId)).toEqual(expected);
    expect(page.totalSize).toBe(expected.length);
  });

  it.each([
    ['an unknown field', { filter: 'rack=r1 AND colour=red' }, 'filter', 'column 13'],
    ['bad syntax', { filter: 'rack' }, 'filter', 'column 5'],
    ['an unknown phase', { filter: 'phase=BUSY' }, 'filter', 'column 7'],
    ['a negative page size', { pageSize: -1 }, 'page_size', 'negative'],
    ['an unknown order', { orderBy: 'colour' }, 'order_by', 'colour'],
    ['an unknown direction', { orderBy: 'rack upwards' }, 'order_by', 'asc or desc'],
    ['two orders', { orderBy: 'rack, machine_id' }, 'order_by', 'cannot sort'],
    ['a token that is none', { pageToken: 'abc' }, 'page_token', 'not a token'],
    ['a token that is no base64', { pageToken: '!!' }, 'page_token', 'not a token'],
  ])('refuse %s: INVALID_ARGUMENT', async (_, request, field, words) => {
    const { machines } = await startGrpc();
    const told = await refusal(machines.listMachines(request));
    expect(told).toMatchObject({ codeName: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD', fieldViolations: [{ field }] });
    expect(told.message).toContain(words);
  });

  it('refuse a token of another filter, order or list, and take one whose filter is spelt otherwise', async () => {
    const { machines, runs, start, ended } = await fleet();
    for (const n of [1, 2]) await ended((await start(`machine-${n}`)).runId);
    const filter = 'rack=r1';
    const { nextPageToken: pageToken } = await machines.listMachines({ filter, pageSize: 1 });
    for (const other of [
      machines.listMachines({ pageToken }),
      machines.listMachines({ pageToken, filter: 'rack=r2' }),
      machines.listMachines({ pageToken, filter, orderBy: 'rack' }),
      machines.listMachines({ pageToken, filter, orderBy: 'machine_id desc' }),
      runs.listRuns({ pageToken }),
    ]) {
      expect((await refusal(other)).fieldViolations.map(({ field }) => field)).toEqual(['page_token']);
    }
    const next = await machines.listMachines({ pageToken, filter: ' rack = "r1" ', pageSize: 5 });
    expect(next.machines.map(({ machineId }) => machineId)).toEqual(['machine-4', 'machine-7']);
  });
});

describe('lists of runs', () => {
  async function withRuns() {
    const grpc = await fleet();
    const ids: string[] = [];
    for (const [n, planId] of [
      [3, 'reboot'],
      [1, 'net-reconfig'],
      [2, 'reboot'],
      [1, 'reboot'],
    ] as const) {
      const run = await grpc.start(`machine-${n}`, { planId, requestId: `r${ids.length}` });
      ids.push(run.runId);
      await grpc.ended(run.runId);
    }
    return { ...grpc, ids };
  }

  it('come newest first, in pages, with how many match', async () => {
    const { runs, ids } = await withRuns();
    const first = await runs.listRuns({ pageSize: 3 });
    expect(first.totalSize).toBe(4);
    const second = await runs.listRuns({ pageSize: 3, pageToken: first.nextPageToken });
    // Two runs of one millisecond are in the order of their ids.
    const listed = [...first.runs, ...second.runs];
    expect(listed.map(({ runId }) => runId).sort()).toEqual([...ids].sort());
    const times = listed.map(({ createdAt }) => Number(createdAt?.seconds) * 1e9 + (createdAt?.nanos ?? 0));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(second).toMatchObject({ nextPageToken: '', totalSize: 4 });
  });

  it('are sorted and filtered', async () => {
    const { runs, ids } = await withRuns();
    const byMachine = await runs.listRuns({ orderBy: 'machine_id desc' });
    expect(byMachine.runs.map(({ machineId }) => machineId)).toEqual([
      'machine-3',
      'machine-2',
      'machine-1',
      'machine-1',
    ]);
    const found = await runs.listRuns({ filter: 'machine_id=machine-1 AND type=net-reconfig AND phase=SUCCEEDED' });
    expect(found.runs.map(({ runId }) => runId)).toEqual([ids[1]]);
    expect(found.totalSize).toBe(1);
    const told = await refusal(runs.listRuns({ filter: 'rack=r1' }));
    expect(told.message).toContain('column 1: unknown field "rack"');
  });
});

describe('plans', () => {
  it('are listed by id, in pages', async () => {
    const { plans } = await startGrpc();
    const first = await plans.listPlans({ pageSize: 2 });
    expect(first.plans.map(({ planId }) => planId)).toEqual(['plan/net-reconfig', 'plan/reboot']);
    expect(first.totalSize).toBe(5);
    const second = await plans.listPlans({ pageToken: first.nextPageToken });
    expect(second.plans.map(({ planId }) => planId)).toEqual(['plan/repave-join', 'plan/rma', 'plan/upgrade']);
    expect(second.nextPageToken).toBe('');
  });

  it('are found with and without the prefix, with steps, params and the type that they are the default of', async () => {
    const { plans } = await startGrpc();
    const plan = await plans.getPlan({ planId: 'repave-join' });
    expect(await plans.getPlan({ planId: 'plan/repave-join', version: 1 })).toEqual(plan);
    expect(plan).toMatchObject({ planId: 'plan/repave-join', builtIn: true, version: 1, defaultForType: 'REPAVE' });
    expect(plan.params.map(({ name, required }) => [name, required])).toEqual([
      ['image_ref', false],
      ['cloud_init_ref', false],
      ['cluster_id', true],
    ]);
    expect(
      plan.steps.map(({ name, kind, timeoutSeconds, maxRetries }) => [name, kind.case, timeoutSeconds, maxRetries]),
    ).toEqual([
      ['set-netboot', 'netboot', 60, 2],
      ['reboot-to-netboot', 'reboot', 300, 1],
      ['repave-image', 'repave', 600, 1],
      ['join-cluster', 'join', 300, 2],
      ['verify-in-cluster', 'verify', 120, 3],
    ]);
  });

  it.each([
    [{ planId: 'polish' }, 'NOT_FOUND'],
    [{ planId: 'reboot', version: 2 }, 'NOT_FOUND'],
    [{ planId: 'reboot', version: -1 }, 'INVALID_ARGUMENT'],
    [{ planId: '' }, 'INVALID_ARGUMENT'],
  ])('%j: %s', async (request, code) => {
    const { plans } = await startGrpc();
    expect((await refusal(plans.getPlan(request))).codeName).toBe(code);
  });
});
