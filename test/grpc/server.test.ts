import { link, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Store } from '../../src/core/ports/store.ts';
import { systemClock } from '../../src/server/clock.ts';
import { DEFAULT_FAKE } from '../../src/server/config.ts';
import { createProviderRegistry } from '../../src/server/providers/registry.ts';
import { createServer } from '../../src/server/server.ts';
import { createMemoryStore } from '../../src/server/stores/memory/store.ts';
import { describeError } from '../../src/wire/errors.ts';
import type { LogLevel } from '../../src/wire/gen/baremetal/v1/server_service_pb.ts';
import { LogLevel as Level } from '../../src/wire/gen/baremetal/v1/server_service_pb.ts';
import { HealthCheckResponse_ServingStatus as Serving } from '../../src/wire/gen/grpc/health/v1/health_pb.ts';
import { as, refusal, startGrpc, Watched } from '../support/grpc.ts';

const GATED = { spec: { provider: 'gated' } };

async function inTempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'bmdemo-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

function serverAt(listen: string) {
  return createServer(
    {
      listen,
      store: { kind: 'memory' },
      fake: DEFAULT_FAKE,
      maxRuns: 10,
      log: { level: 'error', format: 'text', out: null },
      version: '0',
    },
    { store: createMemoryStore({ clock: systemClock }), providers: createProviderRegistry([]) },
  );
}

describe('the end of a server', () => {
  it('ends watches and logs with UNAVAILABLE, interrupts calls, and says what is lost', async () => {
    const grpc = await startGrpc({ log: { level: 'info', out: null } });
    const { runs, machines, info, health, gated } = grpc;
    await grpc.register('machine-1', GATED);
    await grpc.register('machine-2');
    const { runId } = await grpc.start('machine-1');
    const call = await gated.next();
    call.log('stdout', 'line 1');
    const streams = [
      runs.watchRuns({}),
      machines.watchMachines({}),
      runs.streamRunLogs({ runId }),
      health.watch({}),
      info.watchServerLog({ tail: 1, minLevel: Level.INFO }),
    ];
    // The first message of each has come: they are attached.
    await Promise.all(streams.map((stream) => stream.next()));
    const ends = streams.map((stream) => refusal(stream as AsyncIterable<unknown>));
    call.signal.addEventListener('abort', () => call.finish({ kind: 'unknown', message: 'cut off' }));
    const stopped = await grpc.server.stop({ graceMs: 0 });
    for (const end of await Promise.all(ends)) {
      expect(end).toMatchObject({ codeName: 'UNAVAILABLE', reason: 'SHUTTING_DOWN' });
    }
    expect(stopped).toEqual({ interrupted: 1, runsLost: 1, machinesLost: 2 });
    expect(await grpc.server.stop()).toBe(stopped);
  });

  it('does not wait for a reader that does not read, nor for a call that does not return', async () => {
    const grpc = await startGrpc();
    await grpc.register('machine-1', GATED);
    const { runId } = await grpc.start('machine-1');
    const call = await grpc.gated.next();
    for (let n = 0; n < 2_000; n += 1) call.log('stdout', 'x'.repeat(1_000));
    const stuck = grpc.runs.streamRunLogs({ runId });
    await stuck.next();
    expect(await grpc.server.stop({ graceMs: 0 })).toMatchObject({ interrupted: 1 });
    expect((await refusal(stuck)).codeName).toBe('UNAVAILABLE');
  });

  it('tells health watchers NOT_SERVING before it ends them, and refuses calls after it', async () => {
    const grpc = await startGrpc();
    const watch = grpc.health.watch({ service: 'baremetal.v1.RunService' });
    expect((await watch.next()).value?.status).toBe(Serving.SERVING);
    const next = watch.next();
    const stopped = grpc.server.stop();
    expect((await next).value?.status).toBe(Serving.NOT_SERVING);
    await stopped;
    expect((await refusal(grpc.info.getServerInfo({}))).codeName).toBe('UNAVAILABLE');
  });

  it('lets a call to hardware end within the grace', async () => {
    const grpc = await startGrpc();
    await grpc.register('machine-1', GATED);
    await grpc.start('machine-1');
    const call = await grpc.gated.next();
    const stopped = grpc.server.stop({ graceMs: 10_000 });
    call.finish();
    expect(await stopped).toMatchObject({ interrupted: 0 });
  });
});

describe('where a server listens', () => {
  it('is told, with the port that it got', async () => {
    const grpc = await startGrpc({ listen: 'localhost:0' });
    expect(grpc.address).toMatch(/^127\.0\.0\.1:[1-9]\d+$/);
    expect((await grpc.info.getServerInfo({})).api).toBe('baremetal.v1');
  });

  it.each([
    ['0.0.0.0:50051', 'ADDRESS_REFUSED'],
    ['192.0.2.1:50051', 'ADDRESS_REFUSED'],
    ['[::]:0', 'ADDRESS_REFUSED'],
    ['example.com:1', 'ADDRESS_REFUSED'],
    ['127.0.0.1', 'ADDRESS_MALFORMED'],
    [':50051', 'ADDRESS_MALFORMED'],
    ['127.0.0.1:65536', 'ADDRESS_MALFORMED'],
    ['unix:', 'ADDRESS_MALFORMED'],
    [`unix:/${'x'.repeat(120)}`, 'ADDRESS_MALFORMED'],
    ['unix:/no/such/directory/socket', 'ADDRESS_UNUSABLE'],
  ])('%s: %s', async (listen, code) => {
    expect(await serverAt(listen).start()).toMatchObject({ kind: 'fault', code });
  });

  it('is refused where the port is in use', async () => {
    const { address } = await startGrpc();
    const started = await serverAt(address).start();
    expect(started).toMatchObject({ kind: 'fault', code: 'ADDRESS_IN_USE' });
    expect(started.kind === 'fault' && started.message).toContain(address);
  });

  it('may be a socket that nobody else can open, with peers told as unix', async () => {
    const path = join(await inTempDir(), 'socket');
    const grpc = await startGrpc({ listen: `unix:${path}` });
    expect(grpc.address).toBe(`unix:${path}`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const before = await grpc.store.head();
    await grpc.register('machine-1');
    expect(await grpc.store.tail(before, 1)).toMatchObject({ events: [{ kind: 'REGISTERED', peer: 'unix' }] });
    expect(await serverAt(`unix:${path}`).start()).toMatchObject({ kind: 'fault', code: 'ADDRESS_IN_USE' });
    await grpc.server.stop();
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  it('may be a socket file that a dead server left, but no other file', async () => {
    const dir = await inTempDir();
    const stale = join(dir, 'stale');
    const holder = createSocketServer().listen(stale);
    await new Promise((resolve) => holder.once('listening', resolve));
    // A server that is killed leaves its file: closing without unlinking comes to the same.
    const copy = join(dir, 'copy');
    await link(stale, copy);
    await new Promise((resolve) => holder.close(resolve));
    const grpc = await startGrpc({ listen: `unix:${copy}` });
    expect((await grpc.info.getServerInfo({})).api).toBe('baremetal.v1');
    const file = join(dir, 'file');
    await writeFile(file, 'precious');
    expect(await serverAt(`unix:${file}`).start()).toMatchObject({ kind: 'fault', code: 'ADDRESS_UNUSABLE' });
    expect((await stat(file)).size).toBe(8);
  });
});

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
    expect(caller?.allowedMethods).not.toContain('baremetal.v1.RunService/PreviewRun');
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
  it('for the calls to come: UNIMPLEMENTED with a sentence', async () => {
    const { machines, plans, runs, events } = await startGrpc();
    for (const call of [
      machines.registerMachines({}),
      plans.createPlan({}),
      plans.deletePlan({}),
      plans.validatePlan({}),
      runs.previewRun({}),
      runs.approveStep({}),
      events.listEvents({}),
      events.watchEvents({}),
    ]) {
      const told = await refusal(call);
      expect(told).toMatchObject({ codeName: 'UNIMPLEMENTED', reason: 'UNIMPLEMENTED_YET' });
      expect(told.message).toContain('part of the contract');
    }
  });

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

  it('for a store that is away: UNAVAILABLE, with when to try again', async () => {
    const away = Object.assign(new Error('no connection'), { name: 'StoreUnavailable' });
    const wrapStore = (store: Store): Store => ({ ...store, snapshotMachines: () => Promise.reject(away) });
    const { machines } = await startGrpc({ wrapStore, log: { out: null } });
    const told = await refusal(machines.watchMachines({}));
    expect(told).toMatchObject({ codeName: 'UNAVAILABLE', reason: 'STORE_UNAVAILABLE', retryAfterMs: 500 });
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
