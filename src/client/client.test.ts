import { create } from '@bufbuild/protobuf';
import { afterEach, describe, expect, it } from 'vitest';
import { RpcError } from '../wire/errors.ts';
import { RunEventSchema } from '../wire/gen/baremetal/v1/event_pb.ts';
import { MachineSchema } from '../wire/gen/baremetal/v1/machine_pb.ts';
import { ListMachinesResponseSchema } from '../wire/gen/baremetal/v1/machine_service_pb.ts';
import { LogChunkSchema, Run_Phase, RunSchema } from '../wire/gen/baremetal/v1/run_pb.ts';
import { parseAddress } from './address.ts';
import type { Client, ConnectOptions } from './client.ts';
import { connect } from './client.ts';
import { ClientError } from './client-error.ts';
import type { StreamState } from './resume.ts';
import type { Handlers, ServerDouble } from './server-double.ts';
import { startDouble } from './server-double.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function serve(handlers: Handlers, port = 0): Promise<ServerDouble> {
  const server = await startDouble(handlers, port);
  cleanups.push(() => server.kill());
  return server;
}

function client(port: number, options: Partial<ConnectOptions> = {}): Client {
  const made = connect({
    address: parseAddress(`127.0.0.1:${port}`),
    user: 'lin',
    backOff: { initialMs: 20, capMs: 50 },
    ...options,
  });
  cleanups.push(() => made.close());
  return made;
}

/** A port where nothing listens. */
async function freePort(): Promise<number> {
  const server = await startDouble({});
  server.kill();
  return server.port;
}

async function failure(promise: Promise<unknown>): Promise<ClientError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ClientError)) throw new Error(`no ClientError: ${String(error)}`);
  return error;
}

const unavailable = () =>
  new RpcError({ code: 'UNAVAILABLE', reason: 'STORE_UNAVAILABLE', message: 'the store is away' });

const event = (cursor: string) => create(RunEventSchema, { cursor, snapshot: { runId: 'r' }, message: `at ${cursor}` });

/** Never resolves, and ends with the call. */
const untilGone = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('gone'))));

describe('unary calls', () => {
  it('carry the user and answer typed messages', async () => {
    let user: unknown;
    const { port } = await serve({
      runs: {
        getRun: async ({ runId }, context) => {
          user = context.metadata.get('x-bmdemo-user')[0];
          return create(RunSchema, { runId, phase: Run_Phase.RUNNING });
        },
      },
    });
    const run = await client(port).runs.getRun({ runId: 'abc' });
    expect(run.runId).toBe('abc');
    expect(user).toBe('lin');
  });

  it('turn a refusal into code, reason and sentence', async () => {
    const { port } = await serve({
      runs: {
        startRun: async () => {
          throw new RpcError({
            code: 'FAILED_PRECONDITION',
            reason: 'MACHINE_BUSY',
            message: 'machine-1 is busy',
            metadata: { run_id: '7f3a' },
          });
        },
      },
    });
    const error = await failure(client(port).runs.startRun({ machineId: 'machine-1', requestId: 'a' }));
    expect(error).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'MACHINE_BUSY',
      message: 'machine-1 is busy',
      method: 'RunService/StartRun',
      noServer: false,
    });
    expect(error.description.metadata).toEqual({ run_id: '7f3a' });
  });

  it('fail at once where no server ever was, and say so', async () => {
    const port = await freePort();
    const error = await failure(client(port).runs.getRun({ runId: 'abc' }));
    expect(error.noServer).toBe(true);
    expect(error.message).toBe(`no bmdemo server answers at 127.0.0.1:${port} (connection refused)`);
  });

  it('wait for a server that is not there yet where that is wanted', async () => {
    const port = await freePort();
    const answer = client(port, { waitForServer: true }).runs.getRun({ runId: 'abc' });
    await serve({ runs: { getRun: async ({ runId }) => create(RunSchema, { runId }) } }, port);
    expect((await answer).runId).toBe('abc');
  });

  it('are sent again with the same request id when the server was away', async () => {
    const seen: string[] = [];
    const { port } = await serve({
      runs: {
        startRun: async ({ requestId }) => {
          seen.push(requestId);
          if (seen.length < 3) throw unavailable();
          return create(RunSchema, { runId: 'abc' });
        },
      },
    });
    const waits: string[] = [];
    const onWait = ({ code, message }: ClientError) => waits.push(`${code}: ${message}`);
    await client(port, { onWait }).runs.startRun({ machineId: 'machine-1', requestId: 'once' });
    expect(seen).toEqual(['once', 'once', 'once']);
    expect(waits).toHaveLength(2);
    expect(new Set(waits)).toEqual(new Set([`UNAVAILABLE: ${unavailable().message}`]));
  });

  it('are not sent again where the second time would do more', async () => {
    let calls = 0;
    const { port } = await serve({
      runs: {
        retryNow: async () => {
          calls += 1;
          throw unavailable();
        },
      },
    });
    const error = await failure(client(port).runs.retryNow({ runId: 'abc' }));
    expect(error.code).toBe('UNAVAILABLE');
    expect(calls).toBe(1);
  });

  it('give up when their time is up, with what they met', async () => {
    const { port } = await serve({
      runs: {
        getRun: async () => {
          throw unavailable();
        },
      },
    });
    const error = await failure(client(port).runs.getRun({ runId: 'abc' }, { timeoutMs: 1_500 }));
    expect(error.message).toBe('the store is away');
  });

  it('end with the reason of the signal', async () => {
    const { port } = await serve({ runs: { getRun: (_request, context) => untilGone(context.signal) } });
    const abort = new AbortController();
    const answer = client(port).runs.getRun({ runId: 'abc' }, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
  });
});

describe('lists', () => {
  it('go through all pages, short ones and empty ones too, and stop at the limit', async () => {
    const asked: string[] = [];
    const pagesOf: Record<string, { ids: string[]; next: string }> = {
      '': { ids: ['a', 'b'], next: '1' },
      '1': { ids: [], next: '2' },
      '2': { ids: ['c'], next: '' },
    };
    const { port } = await serve({
      machines: {
        listMachines: async ({ pageToken, filter }) => {
          asked.push(`${filter}@${pageToken}`);
          const page = pagesOf[pageToken]!;
          const machines = page.ids.map((machineId) => create(MachineSchema, { machineId }));
          return create(ListMachinesResponseSchema, { machines, nextPageToken: page.next });
        },
      },
    });
    const all = await collect(client(port).listMachines({ filter: 'rack=r1' }));
    expect(all.map((machine) => machine.machineId)).toEqual(['a', 'b', 'c']);
    expect(asked).toEqual(['rack=r1@', 'rack=r1@1', 'rack=r1@2']);
    const some = await collect(client(port).listMachines({ limit: 2 }));
    expect(some).toHaveLength(2);
  });
});

describe('watches', () => {
  it('go on by the cursor after the server was killed: no gap, nothing twice', async () => {
    const places: string[] = [];
    const handlers: Handlers = {
      runs: {
        async *watchRuns({ afterCursor }, context) {
          places.push(afterCursor);
          const from = afterCursor === '' ? 1 : Number(afterCursor) + 1;
          for (let n = from; n < from + 2; n += 1) yield event(String(n));
          await untilGone(context.signal);
        },
      },
    };
    let server = await serve(handlers);
    const states: StreamState['kind'][] = [];
    const seen: string[] = [];
    const watched = client(server.port).watchRuns({}, { onState: (state) => states.push(state.kind) });
    for await (const { cursor } of watched) {
      seen.push(cursor);
      if (seen.length === 6) break;
      if (seen.length % 2 === 0) {
        server.kill();
        server = await serve(handlers, server.port);
      }
    }
    expect(seen).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(places).toEqual(['', '2', '4']);
    expect(states.filter((kind) => kind !== 'lost')).toEqual(['connected', 'resumed', 'resumed']);
    expect(states).toContain('lost');
  });

  it('begin anew when the cursor has expired, and say so', async () => {
    let broken = false;
    const { port } = await serve({
      runs: {
        async *watchRuns({ afterCursor }, context) {
          if (afterCursor !== '') {
            throw new RpcError({ code: 'OUT_OF_RANGE', reason: 'CURSOR_EXPIRED', message: 'too old' });
          }
          yield event(broken ? '9' : '1');
          if (broken) await untilGone(context.signal);
          broken = true;
          throw unavailable();
        },
      },
    });
    const states: StreamState[] = [];
    const seen: string[] = [];
    for await (const { cursor } of client(port).watchRuns({}, { onState: (state) => states.push(state) })) {
      seen.push(cursor);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(['1', '9']);
    expect(states).toContainEqual({ kind: 'restarted', reason: 'CURSOR_EXPIRED' });
  });

  it('begin anew after a loss in the middle of the opening snapshot', async () => {
    let times = 0;
    const { port } = await serve({
      runs: {
        async *watchRuns(_request, context) {
          times += 1;
          yield event('');
          if (times === 1) throw unavailable();
          yield event('1');
          await untilGone(context.signal);
        },
      },
    });
    const states: StreamState[] = [];
    for await (const { cursor } of client(port).watchRuns({}, { onState: (state) => states.push(state) })) {
      if (cursor === '1') break;
    }
    expect(times).toBe(2);
    expect(states).toContainEqual({ kind: 'restarted', reason: 'NO_CURSOR' });
  });

  it('fail with what trying again does not mend', async () => {
    const { port } = await serve({
      runs: {
        // biome-ignore lint/correctness/useYield: it fails before its first message.
        async *watchRuns() {
          throw new RpcError({ code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD', message: 'column 1: what?' });
        },
      },
    });
    const error = await failure(client(port).watchRuns({ filter: '?' }).next());
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: 'column 1: what?' });
  });

  it('give up when patience is at its end', async () => {
    const server = await serve({
      runs: {
        async *watchRuns(_request, context) {
          yield event('1');
          await untilGone(context.signal);
        },
      },
    });
    const watched = client(server.port).watchRuns({}, { patienceMs: 100 });
    await watched.next();
    server.kill();
    const error = await failure(watched.next());
    expect(error).toMatchObject({ code: 'UNAVAILABLE', noServer: false });
    expect(error.message).toContain(`the connection to 127.0.0.1:${server.port} was lost`);
  });

  it('end when the client is closed', async () => {
    const { port } = await serve({
      runs: {
        async *watchRuns(_request, context) {
          yield event('1');
          await untilGone(context.signal);
        },
      },
    });
    const closed = client(port);
    const watched = closed.watchRuns({});
    await watched.next();
    const next = watched.next();
    closed.close();
    await expect(next).rejects.toThrow();
  });
});

describe('logs', () => {
  it('go on behind the last line after a loss, and end with the run', async () => {
    const places: bigint[] = [];
    const line = (sequence: bigint) => create(LogChunkSchema, { sequence, data: Buffer.from(`line ${sequence}`) });
    const { port } = await serve({
      runs: {
        async *streamRunLogs({ afterSequence }) {
          places.push(afterSequence);
          yield line(afterSequence + 1n);
          if (places.length < 3) throw unavailable();
        },
      },
    });
    const lines = await collect(client(port).followLogs({ runId: 'r' }));
    expect(lines.map((one) => one.sequence)).toEqual([1n, 2n, 3n]);
    expect(places).toEqual([0n, 1n, 2n]);
  });
});

describe('the connection', () => {
  it('is connecting, connected, lost and connected again, also with no call of ours', async () => {
    const first = await serve({});
    const one = client(first.port);
    const states: string[] = [one.connection.state.kind];
    const back = Promise.withResolvers<void>();
    one.connection.subscribe((state) => {
      if (states.at(-1) !== state.kind) states.push(state.kind);
      if (state.kind === 'connected' && states.includes('lost')) back.resolve();
    });
    expect(await one.connection.ping()).toBe(one.connection.latencyMs);
    first.kill();
    await failure(one.server.getServerInfo({}, { timeoutMs: 50 }));
    await serve({}, first.port);
    await back.promise;
    expect(states).toEqual(['connecting', 'connected', 'lost', 'connected']);
  });
});

describe('recorded calls', () => {
  it('are what went over the wire, the last hundred of them', async () => {
    const { port } = await serve({
      runs: {
        getRun: async ({ runId }) => {
          if (runId === 'none') {
            throw new RpcError({ code: 'NOT_FOUND', reason: 'RUN_NOT_FOUND', message: 'there is no run none' });
          }
          return create(RunSchema, { runId });
        },
      },
    });
    const recording = client(port, { record: true });
    for (let n = 0; n < 100; n += 1) await recording.runs.getRun({ runId: `r${n}` });
    await failure(recording.runs.getRun({ runId: 'none' }));
    const calls = recording.calls?.calls() ?? [];
    expect(calls).toHaveLength(100);
    expect(calls[0]).toMatchObject({
      id: 2,
      method: 'baremetal.v1.RunService/GetRun',
      status: 'OK',
      request: { runId: 'r1' },
      answer: { runId: 'r1' },
    });
    // The same objects until something about them changes, so that who draws them knows what to draw anew.
    expect(recording.calls?.calls().every((call, at) => call === calls[at])).toBe(true);
    expect(calls.at(-1)).toMatchObject({ status: 'NOT_FOUND', error: 'there is no run none', answer: null });
  });
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
