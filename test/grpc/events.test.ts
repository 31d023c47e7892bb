import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/wire/gen/baremetal/v1/event_pb.ts';
import type { ListEventsRequestSchema } from '../../src/wire/gen/baremetal/v1/event_service_pb.ts';
import type { Grpc, Init } from '../support/grpc.ts';
import { as, refusal, startGrpc, Watched } from '../support/grpc.ts';

/** Every row of a list, page by page, and the cursor of its last page. */
async function listed({ events }: Grpc, request: Init<typeof ListEventsRequestSchema> = {}) {
  const rows: Event[] = [];
  for (let pageToken = ''; ; ) {
    const page = await events.listEvents({ ...request, pageToken });
    rows.push(...page.events);
    pageToken = page.nextPageToken;
    if (pageToken === '') return { rows, cursor: page.cursor };
  }
}

function watching({ events }: Grpc, request: { filter?: string; afterCursor?: string } = {}): Watched<Event> {
  return new Watched(async function* (signal) {
    for await (const { event } of events.watchEvents(request, { signal })) if (event !== undefined) yield event;
  });
}

/** A machine that alice registered and bob rebooted. */
async function rebooted(): Promise<Grpc> {
  const grpc = await startGrpc();
  const machine = { machineId: 'machine-1', spec: { provider: 'fake' } };
  await grpc.machines.registerMachine({ machine }, as('alice'));
  const { runId } = await grpc.runs.startRun(
    { machineId: 'machine-1', requestId: 'once', type: 'REBOOT', reason: 'hangs' },
    as('bob'),
  );
  await grpc.ended(runId);
  return grpc;
}

const kinds = (rows: readonly Event[]) => rows.map(({ kind }) => kind);

describe('the audit trail', () => {
  it('has every accepted command, with who gave it, from where, why and by which call', async () => {
    const grpc = await rebooted();
    const { instance } = await grpc.info.getServerInfo({});
    const { rows } = await listed(grpc);
    const [registered, accepted, busy] = rows;
    expect(registered).toMatchObject({
      kind: 'REGISTERED',
      actor: 'alice',
      method: 'MachineService/RegisterMachine',
      machineId: 'machine-1',
      runId: '',
      planId: '',
      requestId: '',
      server: instance,
      revision: 1n,
      snapshot: { case: 'machine', value: { machineId: 'machine-1' } },
    });
    expect(accepted).toMatchObject({
      kind: 'ACCEPTED',
      actor: 'bob',
      method: 'RunService/StartRun',
      requestId: 'once',
      reason: 'hangs',
      machineId: 'machine-1',
      planId: 'plan/reboot',
      snapshot: { case: 'run', value: { machineId: 'machine-1', steps: [{ name: 'reboot' }] } },
    });
    expect(accepted?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(busy).toMatchObject({ kind: 'RUN_ACCEPTED', actor: 'bob', requestId: 'once', runId: '' });
  });

  it('has every transition, which nobody commanded', async () => {
    const grpc = await rebooted();
    const { instance } = await grpc.info.getServerInfo({});
    const { rows } = await listed(grpc, { filter: 'actor=engine AND subject=run' });
    expect(kinds(rows)).toEqual(['STARTED', 'ATTEMPT_STARTED', 'STEP_SUCCEEDED', 'SUCCEEDED']);
    for (const row of rows) expect(row).toMatchObject({ method: '', peer: '', requestId: '', server: instance });
    expect(rows.map(({ step, attempt }) => [step, attempt])).toEqual([
      ['', 0],
      ['reboot', 1],
      ['reboot', 1],
      ['', 0],
    ]);
  });

  it('has nothing of a command that was refused or changed nothing', async () => {
    const grpc = await rebooted();
    const before = await listed(grpc);
    await refusal(grpc.machines.exitMaintenance({ machineId: 'machine-1', requestId: 'x', reason: 'test' }));
    await grpc.register('machine-1');
    expect(await listed(grpc)).toEqual(before);
  });

  it('comes in pages, either way round, with how many there are', async () => {
    const grpc = await rebooted();
    const { rows } = await listed(grpc);
    expect((await listed(grpc, { pageSize: 2 })).rows).toEqual(rows);
    expect((await listed(grpc, { pageSize: 3, orderBy: 'ts desc' })).rows).toEqual(rows.toReversed());
    const page = await grpc.events.listEvents({ pageSize: 2, filter: 'subject=run' });
    expect(page.totalSize).toBe(rows.filter(({ runId }) => runId !== '').length);
    expect((await grpc.events.listEvents({})).totalSize).toBe(rows.length);
  });

  it('takes a filter, times and a cursor', async () => {
    const grpc = await rebooted();
    const { rows } = await listed(grpc);
    const { runId } = rows.find(({ kind }) => kind === 'ACCEPTED') ?? {};
    const ofRun = rows.filter((row) => row.runId === runId);
    expect((await listed(grpc, { filter: `run_id=${runId}` })).rows).toEqual(ofRun);
    expect((await listed(grpc, { filter: 'method:StartRun' })).rows).toHaveLength(2);
    const at = timestampMs(ofRun[0]?.ts ?? timestampFromMs(0));
    const since = timestampFromMs(at);
    const from = rows.filter(({ ts }) => ts !== undefined && timestampMs(ts) >= at);
    expect((await listed(grpc, { since })).rows).toEqual(from);
    expect((await listed(grpc, { until: since })).rows).toEqual(rows.filter((row) => !from.includes(row)));
    // Half a millisecond later is after all that happened in that millisecond.
    const later = { seconds: since.seconds, nanos: since.nanos + 500_000 };
    const behind = rows.filter(({ ts }) => ts !== undefined && timestampMs(ts) > at);
    expect((await listed(grpc, { since: later })).rows).toEqual(behind);
    expect((await listed(grpc, { afterCursor: rows[2]?.cursor ?? '' })).rows).toEqual(rows.slice(3));
  });

  it('refuses what it cannot read', async () => {
    const grpc = await rebooted();
    const { nextPageToken: pageToken } = await grpc.events.listEvents({ pageSize: 1 });
    const cases = [
      [{ filter: 'phase=READY' }, 'filter'],
      [{ orderBy: 'kind' }, 'order_by'],
      [{ pageSize: -1 }, 'page_size'],
      [{ pageToken, filter: 'actor=bob' }, 'page_token'],
      [{ pageToken, orderBy: 'ts desc' }, 'page_token'],
      [{ pageToken: 'x' }, 'page_token'],
      [{ afterCursor: 'x' }, 'after_cursor'],
      [{ since: { seconds: 1n << 60n } }, 'since'],
      [{ since: { seconds: 5n }, until: { seconds: 5n } }, 'until'],
    ] as const;
    for (const [request, field] of cases) {
      const told = await refusal(grpc.events.listEvents(request));
      expect(told.codeName, field).toBe('INVALID_ARGUMENT');
      expect(told.fieldViolations.map((violation) => violation.field)).toEqual([field]);
    }
    expect((await refusal(grpc.events.watchEvents({ filter: 'kind=NO' }))).fieldViolations[0]?.field).toBe('filter');
    expect((await refusal(grpc.events.watchEvents({ afterCursor: 'x' }))).codeName).toBe('INVALID_ARGUMENT');
  });

  it('says so where retention has passed a cursor or a page', async () => {
    const grpc = await startGrpc({ limits: { events: 3 } });
    for (const n of [1, 2, 3]) await grpc.register(`machine-${n}`);
    const { nextPageToken: pageToken, events } = await grpc.events.listEvents({ pageSize: 1 });
    const afterCursor = events[0]?.cursor ?? '';
    for (const n of [4, 5, 6]) await grpc.register(`machine-${n}`);
    for (const call of [grpc.events.listEvents({ pageSize: 1, pageToken }), grpc.events.listEvents({ afterCursor })]) {
      expect(await refusal(call)).toMatchObject({ codeName: 'OUT_OF_RANGE', reason: 'CURSOR_EXPIRED' });
    }
    const elsewhere = grpc.events.watchEvents({ afterCursor: afterCursor.replace(/^m.{12}/, 'm000000000000') });
    const told = await refusal(elsewhere);
    expect(told).toMatchObject({ codeName: 'OUT_OF_RANGE', reason: 'CURSOR_EXPIRED' });
    expect(told.message).toContain('begins with what comes next');
    expect((await listed(grpc)).rows.map(({ machineId }) => machineId)).toEqual([
      'machine-4',
      'machine-5',
      'machine-6',
    ]);
  });
});

describe('WatchEvents', () => {
  it('begins with what comes next, and sends what matches', async () => {
    const grpc = await rebooted();
    const { cursor } = await listed(grpc);
    const watched = watching(grpc, { filter: 'machine_id=machine-2', afterCursor: cursor });
    await grpc.register('machine-2');
    await grpc.register('machine-3');
    await grpc.register('machine-2', { labels: { a: 'b' } });
    expect(kinds(await watched.take(2))).toEqual(['REGISTERED', 'UPDATED']);
  });

  it('goes on from any row, and from where a list ended, with nothing missing and nothing double', async () => {
    const grpc = await rebooted();
    const { rows, cursor } = await listed(grpc);
    const newestFirst = await grpc.events.listEvents({ pageSize: 2, orderBy: 'ts desc' });
    expect(newestFirst.cursor).toBe(cursor);
    await grpc.register('machine-2');
    const all = (await listed(grpc)).rows;
    expect(all).toHaveLength(rows.length + 1);
    for (const [at, row] of rows.entries()) {
      const watched = watching(grpc, { afterCursor: row.cursor });
      expect(await watched.take(all.length - at - 1)).toEqual(all.slice(at + 1));
    }
    expect(await watching(grpc, { afterCursor: cursor }).next()).toEqual(all.at(-1));
  });

  it('without a cursor sends nothing of the past', async () => {
    const grpc = await rebooted();
    const watched = watching(grpc);
    // The stream stands once the server has said where it begins; what is registered until then may be before that.
    const first = watched.next();
    let told = false;
    void first.then(() => {
      told = true;
    });
    for (let n = 2; !told; n += 1) await grpc.register(`machine-${n}`);
    expect(await first).toMatchObject({ kind: 'REGISTERED' });
    expect((await first).machineId).not.toBe('machine-1');
  });

  it('ends with UNAVAILABLE when the server stops', async () => {
    const grpc = await rebooted();
    const { cursor } = await listed(grpc);
    const ended = refusal(grpc.events.watchEvents({ afterCursor: cursor }));
    await grpc.server.stop({ graceMs: 0 });
    expect((await ended).codeName).toBe('UNAVAILABLE');
  });
});
