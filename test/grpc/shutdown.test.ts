import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/server/clock.ts';
import { DEFAULT_FAKE } from '../../src/server/config.ts';
import { createProviderRegistry } from '../../src/server/providers/registry.ts';
import { createServer } from '../../src/server/server.ts';
import { createMemoryStore } from '../../src/server/stores/memory/store.ts';
import { LogLevel as Level } from '../../src/wire/gen/baremetal/v1/server_service_pb.ts';
import { HealthCheckResponse_ServingStatus as Serving } from '../../src/wire/gen/grpc/health/v1/health_pb.ts';
import { refusal, startGrpc } from '../support/grpc.ts';

const GATED = { spec: { provider: 'gated' } };

describe('a server that cannot start', () => {
  it('lets go of its store, and of what else was opened for it', async () => {
    const store = createMemoryStore({ clock: systemClock });
    let released = false;
    const server = createServer(
      {
        listen: '127.0.0.1:0',
        store: { kind: 'memory' },
        fake: DEFAULT_FAKE,
        maxRuns: 1,
        log: { level: 'error', format: 'text', out: null },
        version: '0',
      },
      {
        store: { ...store, limits: () => Promise.reject(new Error('disk on fire')) },
        providers: createProviderRegistry([]),
        release: () => {
          released = true;
        },
      },
    );
    await expect(server.start()).rejects.toThrow('disk on fire');
    expect(released).toBe(true);
    await expect(store.head()).rejects.toThrow();
  });
});

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
