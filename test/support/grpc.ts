import type { DescEnum, DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { expect, onTestFinished } from 'vitest';
import type { AdmissionLimit } from '../../src/core/domain/admission.ts';
import type { Clock } from '../../src/core/ports/clock.ts';
import type { Store } from '../../src/core/ports/store.ts';
import { systemClock } from '../../src/server/clock.ts';
import { DEFAULT_FAKE } from '../../src/server/config.ts';
import type { LogConfig } from '../../src/server/log.ts';
import { createFakeProvider } from '../../src/server/providers/fake/provider.ts';
import { createMemoryWorld } from '../../src/server/providers/fake/world/memory.ts';
import { createProviderRegistry } from '../../src/server/providers/registry.ts';
import type { Server } from '../../src/server/server.ts';
import { createServer } from '../../src/server/server.ts';
import type { MemoryLimits } from '../../src/server/stores/memory/store.ts';
import { createMemoryStore } from '../../src/server/stores/memory/store.ts';
import type { ServiceClient } from '../../src/wire/bridge-client.ts';
import { createClient } from '../../src/wire/bridge-client.ts';
import type { ErrorDescription } from '../../src/wire/errors.ts';
import { describeError } from '../../src/wire/errors.ts';
import type { RunEvent } from '../../src/wire/gen/baremetal/v1/event_pb.ts';
import { EventService } from '../../src/wire/gen/baremetal/v1/event_service_pb.ts';
import type { Machine, MachineSchema } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { MachineService } from '../../src/wire/gen/baremetal/v1/machine_service_pb.ts';
import { PlanService } from '../../src/wire/gen/baremetal/v1/plan_service_pb.ts';
import type { Run } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import { Run_Phase } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import type { StartRunRequestSchema } from '../../src/wire/gen/baremetal/v1/run_service_pb.ts';
import { RunService } from '../../src/wire/gen/baremetal/v1/run_service_pb.ts';
import { ServerService } from '../../src/wire/gen/baremetal/v1/server_service_pb.ts';
import { Health } from '../../src/wire/gen/grpc/health/v1/health_pb.ts';
import { GatedProvider } from './gated-provider.ts';

/** What a test wants of its server. */
export interface GrpcOptions {
  readonly limits?: Partial<MemoryLimits>;
  readonly maxRuns?: number;
  readonly admission?: readonly AdmissionLimit[];
  readonly listen?: string;
  readonly log?: Partial<LogConfig>;
  readonly clock?: Clock;
  /** Stands in front of the memory store. */
  readonly wrapStore?: (store: Store) => Store;
}

/** A message as a test writes it down. */
export type Init<Desc extends DescMessage> = Exclude<MessageInitShape<Desc>, MessageShape<Desc>>;

/** A server on a free port, and its clients. */
export interface Grpc {
  readonly server: Server;
  readonly store: Store;
  readonly address: string;
  readonly channel: Client;
  readonly machines: ServiceClient<typeof MachineService>;
  readonly runs: ServiceClient<typeof RunService>;
  readonly plans: ServiceClient<typeof PlanService>;
  readonly info: ServiceClient<typeof ServerService>;
  readonly events: ServiceClient<typeof EventService>;
  readonly health: ServiceClient<typeof Health>;
  /** The calls to machines of provider `gated`. */
  readonly gated: GatedProvider;
  /** Registers a machine of provider `fake`, whose steps take no time, unless the spec says otherwise. */
  register(machineId: string, machine?: Init<typeof MachineSchema>): Promise<Machine>;
  /** Starts a run; the request id is the machine's id unless given. */
  start(machineId: string, request?: Init<typeof StartRunRequestSchema>): Promise<Run>;
  /** Resolves with the run once it has come to rest. */
  ended(runId: string): Promise<Run>;
}

/** Starts a server over gRPC on loopback; it ends with the test. */
export async function startGrpc(options: GrpcOptions = {}): Promise<Grpc> {
  const clock = options.clock ?? systemClock;
  const memory = createMemoryStore({ clock, ...(options.limits === undefined ? {} : { limits: options.limits }) });
  const store = options.wrapStore?.(memory) ?? memory;
  const gated = new GatedProvider();
  const fake = createFakeProvider({ ...DEFAULT_FAKE, factor: Infinity, clock, world: createMemoryWorld({ clock }) });
  const server = createServer(
    {
      listen: options.listen ?? '127.0.0.1:0',
      store: { kind: 'memory' },
      fake: DEFAULT_FAKE,
      maxRuns: options.maxRuns ?? 1_000,
      ...(options.admission === undefined ? {} : { limits: options.admission }),
      log: { level: 'error', format: 'text', out: process.stderr, ...options.log },
      version: '0.0.0-test',
    },
    { clock, store, providers: createProviderRegistry([fake, gated, new GatedProvider('power-only', ['Power'])]) },
  );
  const started = await server.start();
  if (started.kind === 'fault') throw new Error(started.message);
  const channel = new Client(started.address, credentials.createInsecure());
  onTestFinished(async () => {
    channel.close();
    gated.release();
    await server.stop({ graceMs: 0 });
  });
  const machines = createClient(MachineService, channel);
  const runs = createClient(RunService, channel);
  return {
    server,
    store,
    address: started.address,
    channel,
    machines,
    runs,
    plans: createClient(PlanService, channel),
    info: createClient(ServerService, channel),
    events: createClient(EventService, channel),
    health: createClient(Health, channel),
    gated,
    register: (machineId, machine = {}) =>
      machines.registerMachine({ machine: { machineId, spec: { provider: 'fake' }, ...machine } }),
    start: (machineId, request = {}) =>
      runs.startRun({
        machineId,
        requestId: machineId,
        ...(request.planId === undefined ? { type: 'REBOOT' } : {}),
        ...request,
      }),
    ended: (runId) => untilEnded(runs, runId),
  };
}

/** True once the run has come to rest. */
function hasEnded(run: Run | undefined): boolean {
  const phase = run?.phase ?? Run_Phase.PENDING;
  return phase !== Run_Phase.PENDING && phase !== Run_Phase.RUNNING && run?.stopping === false;
}

async function untilEnded(runs: ServiceClient<typeof RunService>, runId: string): Promise<Run> {
  for await (const event of runs.watchRuns({ filter: `run_id=${runId}` })) {
    if (event.snapshot !== undefined && hasEnded(event.snapshot)) return event.snapshot;
  }
  throw new Error(`the watch of run ${runId} ended before the run`);
}

/** The messages of a watch that were awaited, PROGRESS aside. */
export class Watched<Message extends { readonly kind: string } = RunEvent> {
  readonly #stream: AsyncIterator<Message>;
  readonly #abort: AbortController;

  constructor(open: (signal: AbortSignal) => AsyncIterable<Message>) {
    this.#abort = new AbortController();
    this.#stream = open(this.#abort.signal)[Symbol.asyncIterator]();
    onTestFinished(() => this.close());
  }

  /** The next message that is no PROGRESS. */
  async next(): Promise<Message> {
    for (;;) {
      const { value, done } = await this.#stream.next();
      if (done) throw new Error('the stream has ended');
      if (value.kind !== 'PROGRESS') return value;
    }
  }

  /** So many messages. */
  async take(count: number): Promise<Message[]> {
    const messages: Message[] = [];
    while (messages.length < count) messages.push(await this.next());
    return messages;
  }

  /** The messages up to and with the first one that passes. */
  async until(passes: (message: Message) => boolean): Promise<Message[]> {
    for (const messages: Message[] = []; ; ) {
      const message = await this.next();
      messages.push(message);
      if (passes(message)) return messages;
    }
  }

  /** Ends the watch. */
  close(): void {
    this.#abort.abort();
  }
}

/** The word for a value of an enum. */
export function nameOf(desc: DescEnum, value = 0): string {
  return desc.value[value]?.name ?? '';
}

/** The metadata of a client that says who it is. */
export function as(user: string): { metadata: Metadata } {
  const metadata = new Metadata();
  metadata.set('x-bmdemo-user', user);
  return { metadata };
}

/** What a call that must fail says. */
export async function refusal(call: Promise<unknown> | AsyncIterable<unknown>): Promise<ErrorDescription> {
  try {
    if (Symbol.asyncIterator in call) for await (const _ of call);
    else await call;
  } catch (error) {
    return describeError(error);
  }
  return expect.unreachable('the call went through');
}
