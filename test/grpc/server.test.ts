import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/core/ports/store.ts';
import { StoreUnavailable } from '../../src/server/stores/sqlite/errors.ts';
import { describeError } from '../../src/wire/errors.ts';
import type { LogLevel } from '../../src/wire/gen/baremetal/v1/server_service_pb.ts';
import { LogLevel as Level } from '../../src/wire/gen/baremetal/v1/server_service_pb.ts';
import { as, refusal, startGrpc, Watched } from '../support/grpc.ts';

describe('who calls', () => {
  it('is who the client says, or anonymous', async () => {
    const { info } = await startGrpc();
    expect((await info.getServerInfo({}, as('lin@example.com'))).caller).toMatchObject({
      user: 'lin@example.com',
      authenticated: false,
    });
    const caller = (await info.getServerInfo({})).caller;
    expect(caller?.user).toBe('anonymous');
    expect(caller?.allowedMethods).toContain('baremetal.v1.RunService/StartRun');
  });

  it.each([['a b'], ['x'.repeat(65)], ['<script>']])('is refused as %s', async (name) => {
    const { info, runs } = await startGrpc();
    for (const call of [info.getServerInfo({}, as(name)), runs.watchRuns({}, as(name))]) {
      expect(await refusal(call)).toMatchObject({
        codeName: 'INVALID_ARGUMENT',
        fieldViolations: [{ field: 'x-bmdemo-user' }],
      });
    }
  });

  it('is refused where it is said twice', async () => {
    const { info } = await startGrpc();
    const metadata = new Metadata();
    metadata.add('x-bmdemo-user', 'a');
    metadata.add('x-bmdemo-user', 'b');
    expect((await refusal(info.getServerInfo({}, { metadata }))).codeName).toBe('INVALID_ARGUMENT');
  });
});

describe('what a server answers', () => {
  it('for bytes that are no message: INVALID_ARGUMENT', async () => {
    const { channel, runs, info } = await startGrpc();
    const told = await new Promise((resolve) =>
      channel.makeUnaryRequest(
        '/baremetal.v1.RunService/StartRun',
        (bytes: Buffer) => bytes,
        (bytes) => bytes,
        Buffer.from([0x0a, 0xff, 0x01]),
        (error) => resolve(describeError(error)),
      ),
    );
    expect(told).toMatchObject({ codeName: 'INVALID_ARGUMENT', message: expect.stringContaining('StartRunRequest') });
    expect((await runs.listRuns({})).runs).toEqual([]);
    expect((await info.getServerInfo({})).version).toBe('0.0.0-test');
  });

  it('to what is no gRPC: nothing, and it goes on', async () => {
    const { address, info } = await startGrpc();
    const socket = connect(Number(address.split(':')[1]), '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve).resume());
    expect((await info.getServerInfo({})).api).toBe('baremetal.v1');
  });

  it('for a fault of its own: INTERNAL with a short id, and the rest in the log under it', async () => {
    const out = new PassThrough();
    const wrapStore = (store: Store): Store => ({ ...store, machine: () => Promise.reject(new Error('disk on fire')) });
    const { machines } = await startGrpc({ wrapStore, log: { level: 'error', format: 'json', out } });
    const told = await refusal(machines.getMachine({ machineId: 'machine-1' }));
    expect(told).toMatchObject({ codeName: 'INTERNAL', reason: 'INTERNAL' });
    expect(told.message).not.toContain('fire');
    const id = told.metadata.error_id;
    expect(told.message).toContain(id);
    expect(JSON.parse(out.read().toString())).toMatchObject({ error_id: id, err: { message: 'disk on fire' } });
  });

  it('to a client that went away: nothing, and that is no failure to be logged', async () => {
    const [asked, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const wrapStore = (store: Store): Store => ({
      ...store,
      load: async (...about) => {
        asked.resolve();
        await gone.promise;
        return store.load(...about);
      },
    });
    const { machines, info } = await startGrpc({ wrapStore, log: { level: 'debug', out: null } });
    const leave = new AbortController();
    // More than are worked on at the same time.
    const batch = Array.from({ length: 600 }, (_, n) => ({ machineId: `m${n}` }));
    const told = refusal(machines.registerMachines({ machines: batch }, { signal: leave.signal }));
    await asked.promise;
    leave.abort();
    await told;
    // What comes behind the cancel on the same connection is answered after it.
    await info.getServerInfo({});
    gone.resolve();
    for await (const { entry } of info.watchServerLog({ tail: 2_000, minLevel: Level.DEBUG })) {
      expect(entry?.level).toBeLessThan(Level.ERROR);
      if (entry?.fields.method?.endsWith('RegisterMachines') !== true) continue;
      expect(entry.fields.code).toBe('CANCELLED');
      break;
    }
  });

  it('for a store that is away: UNAVAILABLE, with when to try again', async () => {
    const away = Object.assign(new Error('no connection'), { name: 'StoreUnavailable' });
    const wrapStore = (store: Store): Store => ({ ...store, snapshotMachines: () => Promise.reject(away) });
    const { machines } = await startGrpc({ wrapStore, log: { out: null } });
    const told = await refusal(machines.watchMachines({}));
    expect(told).toMatchObject({ codeName: 'UNAVAILABLE', reason: 'STORE_UNAVAILABLE', retryAfterMs: 500 });
  });

  it('for a store that cannot write: UNAVAILABLE, with why, and not where', async () => {
    const full = new StoreUnavailable('the disk that holds /srv/x.db is full', {
      told: 'cannot write: its disk is full',
    });
    const wrapStore = (store: Store): Store => ({ ...store, machine: () => Promise.reject(full) });
    const { machines } = await startGrpc({ wrapStore, log: { out: null } });
    const told = await refusal(machines.getMachine({ machineId: 'machine-1' }));
    expect(told).toMatchObject({ codeName: 'UNAVAILABLE', reason: 'STORE_UNAVAILABLE' });
    expect(told.message).toBe(
      "the server's store cannot write: its disk is full; try again when that is mended, with the same request id",
    );
  });

  it('about itself: version, store, providers, limits', async () => {
    const { info } = await startGrpc({ maxRuns: 7 });
    const told = await info.getServerInfo({});
    expect(told).toMatchObject({
      version: '0.0.0-test',
      api: 'baremetal.v1',
      instance: expect.stringMatching(/^server-[0-9a-z]{8}$/),
      store: { kind: 'memory', durable: false },
      limits: { maxRuns: 7, maxPageSize: 1_000, maxBatchSize: 10_000 },
      servers: 1,
      // The providers of this test are not all known to be simulated.
      demo: false,
    });
    expect(told.providers.map(({ name, simulated }) => [name, simulated])).toEqual([
      ['fake', true],
      ['gated', false],
      ['power-only', false],
    ]);
  });

  it('in numbers: machines by state, who needs somebody, runs by phase, places', async () => {
    const grpc = await startGrpc({ maxRuns: 1 });
    for (const n of [1, 2, 3, 4]) {
      await grpc.register(`machine-${n}`, { spec: { provider: 'gated', rack: `r${n % 2}` } });
    }
    const { runId } = await grpc.start('machine-1');
    await grpc.gated.next();
    await grpc.start('machine-2');
    await grpc.start('machine-3');
    await grpc.runs.cancelRun({ runId });
    const counts = await grpc.info.getCounts({});
    expect(counts).toMatchObject({
      machines: 4,
      attention: 1,
      scopes: [{ scope: 'server', limit: 1, used: 1, waiting: 2 }],
    });
    expect(counts.machinesByState.map(({ state, count }) => [state, count])).toEqual([
      [1, 1],
      [3, 2],
      [5, 1],
    ]);
    expect(counts.runsByPhase.map(({ phase, count }) => [phase, count])).toEqual([
      [1, 2],
      [5, 1],
    ]);
    expect(await grpc.info.getCounts({ filter: 'rack=r0' })).toMatchObject({ machines: 2, attention: 0 });
    expect((await refusal(grpc.info.getCounts({ filter: 'rack' }))).codeName).toBe('INVALID_ARGUMENT');
  });

  it('about its store: who shares it, what does not work in it, and how far watches are behind', async () => {
    const health = { servers: 3, schemaVersion: 9, degraded: 'no locks', lagMs: 1_500 };
    const wrapStore = (store: Store): Store => ({ ...store, health: async () => health });
    const { info } = await startGrpc({ wrapStore });
    const told = await info.getServerInfo({});
    expect(told.servers).toBe(3);
    expect(told.store).toMatchObject({ schemaVersion: 9, degraded: 'no locks', eventLag: { seconds: 1n } });
    expect((await (await startGrpc()).info.getServerInfo({})).store?.eventLag).toBeUndefined();
  });

  it('from its log: the last lines, then those to come, from a level on', async () => {
    const { info, runs } = await startGrpc({ log: { level: 'debug', out: null } });
    await refusal(runs.getRun({ runId: 'no-such-run' }));
    const told = async (minLevel: LogLevel, tail: number) =>
      (await Array.fromAsync(info.watchServerLog({ minLevel, tail, noFollow: true }))).map(({ entry }) => entry);
    const [listening, ...rest] = await told(Level.INFO, 10);
    expect(rest).toEqual([]);
    expect(listening).toMatchObject({ level: Level.INFO, message: 'listening', fields: { store: 'memory' } });
    expect(await told(Level.WARN, 10)).toEqual([]);
    expect(await told(Level.DEBUG, 0)).toEqual([]);
    const log = new Watched((signal) =>
      tagged(info.watchServerLog({ minLevel: Level.DEBUG, tail: 1_000 }, { signal })),
    );
    await log.until(({ entry }) => entry?.fields.method === 'baremetal.v1.RunService/GetRun');
    await refusal(runs.cancelRun({ runId: 'no-such-run' }, as('eve')));
    const lines = await log.until(({ entry }) => entry?.fields.method === 'baremetal.v1.RunService/CancelRun');
    expect(lines.at(-1)?.entry).toMatchObject({
      level: Level.DEBUG,
      component: 'grpc',
      message: 'call',
      fields: { user: 'eve', code: 'NOT_FOUND', reason: 'RUN_NOT_FOUND' },
    });
    const abort = new AbortController();
    const watch = info.watchServerLog({ tail: 1 }, { signal: abort.signal });
    await watch.next();
    abort.abort();
    await watch.next().catch(() => {});
    const [left] = (await log.until(({ entry }) => entry?.fields.method?.endsWith('WatchServerLog') === true)).slice(
      -1,
    );
    expect(left?.entry?.fields).toMatchObject({ code: 'CANCELLED' });
    for (const request of [{ tail: -1 }, { minLevel: 9 as LogLevel }]) {
      expect((await refusal(info.watchServerLog(request))).codeName).toBe('INVALID_ARGUMENT');
    }
  });
});

/** Messages of the server's log as `Watched` takes them. */
async function* tagged<T>(stream: AsyncIterable<T>) {
  for await (const message of stream) yield { ...message, kind: 'LOG' };
}
