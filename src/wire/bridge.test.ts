import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeOnce, serviceDefinition } from './bridge.ts';
import { type CallOptions, createClient, type ServiceClient } from './bridge-client.ts';
import { type CallContext, type ErrorMapper, type ServiceHandlers, serviceImplementation } from './bridge-server.ts';
import { describeError, RpcError, toRpcError } from './errors.ts';
import { LogChunkSchema, RunSchema } from './gen/baremetal/v1/run_pb.ts';
import { RunService } from './gen/baremetal/v1/run_service_pb.ts';
import { ServerReflection } from './gen/grpc/reflection/v1/reflection_pb.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A server of the given handlers alone, on a free port, and a client of it. */
async function serve(
  handlers: Partial<ServiceHandlers<typeof RunService>>,
  toError?: ErrorMapper,
  address?: string,
): Promise<ServiceClient<typeof RunService>> {
  const server = new Server();
  const implementation = serviceImplementation(RunService, handlers as ServiceHandlers<typeof RunService>, toError);
  server.addService(serviceDefinition(RunService), implementation);
  const port = await listen(server, address);
  const channel = new Client(address ?? `127.0.0.1:${port}`, credentials.createInsecure());
  cleanups.push(() => channel.close());
  return createClient(RunService, channel);
}

function listen(server: Server, address = '127.0.0.1:0'): Promise<number> {
  cleanups.push(() => server.forceShutdown());
  return new Promise((resolve, reject) =>
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}

function deferred<T = void>() {
  return Promise.withResolvers<T>();
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('it did not fail'),
    (error: unknown) => error,
  );
}

const run = create(RunSchema, { runId: '7f3a91kqabcdefgh', machineId: 'machine-1', params: { reason: 'Lüfter ⚠' } });

describe('unary calls', () => {
  it('pass request, metadata and answer through', async () => {
    const seen = deferred<{ id: string; context: CallContext }>();
    const client = await serve({
      getRun: async (request, context) => {
        seen.resolve({ id: request.runId, context });
        return run;
      },
    });
    const metadata = new Metadata();
    metadata.set('x-bmdemo-user', 'lin');
    const deadline = Date.now() + 60_000;
    expect(await client.getRun({ runId: 'a' }, { metadata, deadline })).toEqual(run);
    const { id, context } = await seen.promise;
    expect(id).toBe('a');
    expect(context.metadata.get('x-bmdemo-user')).toEqual(['lin']);
    expect(context.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(context.method).toBe(RunService.method.getRun);
    expect(Math.abs(context.deadline - deadline)).toBeLessThan(60_000);
  });

  it('know a client that came through a socket file', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bmdemo-bridge-'));
    cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
    const seen = deferred<string>();
    const client = await serve(
      {
        getRun: async (_, context) => {
          seen.resolve(context.peer);
          return run;
        },
      },
      undefined,
      `unix:${join(directory, 'socket')}`,
    );
    await client.getRun({});
    expect(await seen.promise).toBe('unix');
  });

  it('have no deadline unless the client sets one', async () => {
    const seen = deferred<number>();
    const client = await serve({
      getRun: async (_, context) => {
        seen.resolve(context.deadline);
        return run;
      },
    });
    await client.getRun({});
    expect(await seen.promise).toBe(Number.POSITIVE_INFINITY);
  });

  it('send an encoded answer as it is', async () => {
    const encoded = encodeOnce(RunSchema, run);
    const client = await serve({ getRun: async () => encoded });
    expect(await client.getRun({})).toEqual(run);
  });

  it('carry a refusal with all of its details, in any script, up to the longest', async () => {
    const message = `maschine-ü läuft schon: „${'машина '.repeat(600)}“ 50% #1`;
    const client = await serve({
      startRun: async () => {
        throw new RpcError({
          code: 'FAILED_PRECONDITION',
          reason: 'MACHINE_BUSY',
          message,
          metadata: { run_id: 'r', größe: 'Ü' },
          fieldViolations: Array.from({ length: 200 }, () => ({ field: 'ключ', description: 'слишком длинный' })),
        });
      },
    });
    const told = describeError(await failure(client.startRun({})));
    expect(told).toMatchObject({ codeName: 'FAILED_PRECONDITION', reason: 'MACHINE_BUSY' });
    expect(told.metadata).toEqual({ run_id: 'r', größe: 'Ü' });
    expect(told.message.slice(0, 40)).toBe(message.slice(0, 40));
    expect(told.fieldViolations[0]).toEqual({ field: 'ключ', description: 'слишком длинный' });
  });

  it.each(['100% sure', '%23 is no #', 'line\nbreak\ttab', ' spaces ', 'half \ud83d pair', '日本語 🖥', ''])(
    'bring the message %j through the header',
    async (message) => {
      const client = await serve({
        getRun: async () => {
          throw new RpcError({ code: 'NOT_FOUND', reason: 'RUN_NOT_FOUND', message });
        },
      });
      expect(describeError(await failure(client.getRun({}))).message).toBe(message.toWellFormed());
    },
  );

  it('tell a client nothing of an unexpected error, and the mapper everything', async () => {
    const bug = new TypeError('secret is not a function');
    const seen: unknown[] = [];
    const client = await serve(
      {
        getRun: () => {
          throw bug; // not even a promise
        },
      },
      (error, context) => {
        seen.push(error, context.method.name);
        return toRpcError(error);
      },
    );
    const told = describeError(await failure(client.getRun({})));
    expect(told).toMatchObject({ codeName: 'INTERNAL', reason: 'INTERNAL' });
    expect(told.message).not.toContain('secret');
    expect(seen).toEqual([bug, 'GetRun']);
  });

  it('answer UNIMPLEMENTED where there is no handler', async () => {
    const client = await serve({});
    expect(describeError(await failure(client.getRun({}))).codeName).toBe('UNIMPLEMENTED');
  });

  it('are canceled by the signal, with its reason, and the handler learns of it', async () => {
    const begun = deferred();
    const ended = deferred();
    const client = await serve({
      getRun: async (_, { signal }) => {
        signal.addEventListener('abort', () => ended.resolve(), { once: true });
        begun.resolve();
        await ended.promise;
        return run;
      },
    });
    const controller = new AbortController();
    const answer = failure(client.getRun({}, { signal: controller.signal }));
    await begun.promise;
    const reason = new Error('the user pressed Esc');
    controller.abort(reason);
    expect(await answer).toBe(reason);
    await ended.promise;
    expect(await failure(client.getRun({}, { signal: controller.signal }))).toBe(reason);
  });

  it('give a handler that asks late an aborted signal', async () => {
    const begun = deferred<CallContext>();
    const goOn = deferred();
    const late = deferred<boolean>();
    const client = await serve({
      getRun: async (_, context) => {
        begun.resolve(context);
        await goOn.promise;
        late.resolve(context.signal.aborted);
        return run;
      },
      cancelRun: async () => run,
    });
    const controller = new AbortController();
    const answer = failure(client.getRun({}, { signal: controller.signal }));
    await begun.promise;
    controller.abort();
    await answer;
    await client.cancelRun({}); // a round trip behind the cancel on the same connection
    goOn.resolve();
    expect(await late.promise).toBe(true);
  });

  it('end with DEADLINE_EXCEEDED, on both sides', async () => {
    const ended = deferred();
    const client = await serve({
      getRun: async (_, { signal }) => {
        signal.addEventListener('abort', () => ended.resolve(), { once: true });
        await ended.promise;
        return run;
      },
    });
    const error = await failure(client.getRun({}, { deadline: Date.now() + 20 }));
    expect(describeError(error).codeName).toBe('DEADLINE_EXCEEDED');
    await ended.promise;
  });
});

describe('server streams', () => {
  const line = (sequence: number, bytes = 0) =>
    create(LogChunkSchema, { sequence: BigInt(sequence), data: Buffer.alloc(bytes, 'x') });
  const sequences = async (
    client: ServiceClient<typeof RunService>,
    options?: CallOptions,
    enough = Number.POSITIVE_INFINITY,
  ) => {
    const seen: number[] = [];
    for await (const chunk of client.streamRunLogs({}, options)) {
      if (seen.push(Number(chunk.sequence)) >= enough) break;
    }
    return seen;
  };

  it('arrive whole and in order, encoded or not, and end', async () => {
    const client = await serve({
      async *streamRunLogs() {
        for (let at = 1; at <= 500; at += 1) yield at % 2 === 0 ? line(at) : encodeOnce(LogChunkSchema, line(at));
      },
    });
    expect(await sequences(client)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  });

  it('bring an unbroken beginning of what was sent before an error, then the error', async () => {
    const client = await serve({
      async *streamRunLogs() {
        for (let at = 1; at <= 40; at += 1) yield line(at);
        throw new RpcError({ code: 'OUT_OF_RANGE', reason: 'CURSOR_EXPIRED', message: 'too old' });
      },
    });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const chunk of client.streamRunLogs({})) {
        seen.push(Number(chunk.sequence));
        await turn(); // slower than the error
      }
    })();
    expect(describeError(await failure(reading))).toMatchObject({
      codeName: 'OUT_OF_RANGE',
      reason: 'CURSOR_EXPIRED',
      message: 'too old',
    });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual(seen.map((_, index) => index + 1));
  });

  it('hold the sender back while nobody reads, and lose nothing', async () => {
    let sent = 0;
    const client = await serve({
      async *streamRunLogs() {
        for (; sent < 400; sent += 1) yield line(sent + 1, 16_384);
      },
      getRun: async () => run,
    });
    const stream = client.streamRunLogs({});
    const seen = [Number((await stream.next()).value?.sequence)];
    let before = -1;
    while (sent !== before) {
      before = sent;
      for (let round = 0; round < 20; round += 1) await client.getRun({}); // the sender has every chance to go on
    }
    expect(sent).toBeLessThan(300);
    for await (const chunk of stream) seen.push(Number(chunk.sequence));
    expect(seen).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
  });

  it('tell the handler when the reader leaves, and run its finally', async () => {
    const ended = deferred<boolean>();
    const client = await serve({
      async *streamRunLogs(_, { signal }) {
        try {
          yield line(1);
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        } finally {
          ended.resolve(signal.aborted);
        }
      },
    });
    expect(await sequences(client, {}, 1)).toEqual([1]);
    expect(await ended.promise).toBe(true);
  });

  it('stop a handler that waits for a full window when the reader leaves', async () => {
    const ended = deferred();
    const client = await serve({
      async *streamRunLogs() {
        try {
          for (let at = 1; ; at += 1) yield line(at, 16_384);
        } finally {
          ended.resolve();
        }
      },
    });
    expect(await sequences(client, {}, 1)).toEqual([1]);
    await ended.promise;
  });

  it('are canceled by the signal while a message is awaited, with its reason', async () => {
    const client = await serve({
      async *streamRunLogs(_, { signal }) {
        yield line(1);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      },
    });
    const controller = new AbortController();
    const stream = client.streamRunLogs({}, { signal: controller.signal });
    await stream.next();
    const next = failure(stream.next());
    const reason = new Error('the screen was left');
    controller.abort(reason);
    expect(await next).toBe(reason);
    expect(await failure(client.streamRunLogs({}, { signal: controller.signal }).next())).toBe(reason);
  });

  it('do not begin before the first message is asked for', async () => {
    let calls = 0;
    const client = await serve({
      async *streamRunLogs() {
        calls += 1;
        yield line(1);
      },
      getRun: async () => run,
    });
    const stream = client.streamRunLogs({});
    await client.getRun({});
    expect(calls).toBe(0);
    await stream.next();
    expect(calls).toBe(1);
    await stream.return();
  });

  it('end with UNAVAILABLE or CANCELLED, not in silence, when the connection is gone', async () => {
    const client = await serve({
      async *streamRunLogs(_, { signal }) {
        yield line(1);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      },
    });
    const stream = client.streamRunLogs({});
    await stream.next();
    const next = failure(stream.next());
    for (const cleanup of cleanups.splice(0, 1)) cleanup(); // the server, by force
    expect(['UNAVAILABLE', 'CANCELLED']).toContain(describeError(await next).codeName);
  });
});

describe('bidi streams', () => {
  it('answer while requests come, and end when the handler does', async () => {
    const handlers: ServiceHandlers<typeof ServerReflection> = {
      async *serverReflectionInfo(requests) {
        for await (const request of requests) {
          yield create(ServerReflection.method.serverReflectionInfo.output, { validHost: request.host });
          if (request.host === 'last') return;
        }
      },
    };
    const server = new Server();
    server.addService(serviceDefinition(ServerReflection), serviceImplementation(ServerReflection, handlers));
    const channel = new Client(`127.0.0.1:${await listen(server)}`, credentials.createInsecure());
    cleanups.push(() => channel.close());
    const definition = serviceDefinition(ServerReflection).serverReflectionInfo!;
    const call = channel.makeBidiStreamRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      new Metadata(),
    );
    const seen: string[] = [];
    const input = ServerReflection.method.serverReflectionInfo.input;
    call.write(create(input, { host: 'first' }));
    for await (const response of call) {
      seen.push(response.validHost);
      if (seen.length === 1) call.write(create(input, { host: 'last' }));
    }
    expect(seen).toEqual(['first', 'last']);
  });
});
