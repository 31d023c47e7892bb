import { userInfo } from 'node:os';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { ClientOptions } from '@grpc/grpc-js';
import { Client as Channel, connectivityState, credentials, Metadata } from '@grpc/grpc-js';
import { createClient } from '../wire/bridge-client.ts';
import type { Event, MachineEvent, RunEvent } from '../wire/gen/baremetal/v1/event_pb.ts';
import { EventService } from '../wire/gen/baremetal/v1/event_service_pb.ts';
import type { Machine } from '../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineService } from '../wire/gen/baremetal/v1/machine_service_pb.ts';
import type { Plan } from '../wire/gen/baremetal/v1/plan_pb.ts';
import { PlanService } from '../wire/gen/baremetal/v1/plan_service_pb.ts';
import type { LogChunk, Run } from '../wire/gen/baremetal/v1/run_pb.ts';
import { RunService } from '../wire/gen/baremetal/v1/run_service_pb.ts';
import type { WatchServerLogResponse } from '../wire/gen/baremetal/v1/server_service_pb.ts';
import { ServerService } from '../wire/gen/baremetal/v1/server_service_pb.ts';
import type { Address } from './address.ts';
import type { BackOff } from './back-off.ts';
import { RECONNECT } from './back-off.ts';
import type { CallLog } from './call-record.ts';
import { CallRecorder } from './call-record.ts';
import type { ClientError } from './client-error.ts';
import { toClientError } from './client-error.ts';
import { Connection } from './connection.ts';
import type { LogRequest } from './follow-logs.ts';
import { followLogs } from './follow-logs.ts';
import type { ListRequest, PastListRequest } from './pages.ts';
import { pages } from './pages.ts';
import type { StreamSettings } from './resume.ts';
import type { CallRoom, CallSettings, UnaryMethods } from './unary.ts';
import { unaryMethods } from './unary.ts';
import type { WatchRequest } from './watch.ts';
import { watch } from './watch.ts';
import { watchEvents } from './watch-events.ts';
import type { ServerLogRequest } from './watch-server-log.ts';
import { watchServerLog } from './watch-server-log.ts';

/** How to reach a server. */
export interface ConnectOptions {
  readonly address: Address;
  /** Who calls, as an open server believes it; the login name if not given, nobody if empty. */
  readonly user?: string | undefined;
  /** How long a unary call may take with all its attempts, in milliseconds; 10 s if not given. */
  readonly timeoutMs?: number | undefined;
  /** Whether calls wait for a server that was not there from the beginning, or fail at once as they do if not given. */
  readonly waitForServer?: boolean | undefined;
  /** Whether the last calls are kept to be looked at; they are not if not given. */
  readonly record?: boolean | undefined;
  /** The waits between attempts to reach the server again. */
  readonly backOff?: BackOff | undefined;
  /** Told why, each time a unary call waits for the server before it is sent again. */
  readonly onWait?: ((error: ClientError) => void) | undefined;
}

/** A server as its callers see it. Unary calls reject with a ClientError, or with the reason of the caller's signal. */
export interface Client {
  readonly address: Address;
  /** The name that goes with each call; empty: none. */
  readonly user: string;
  /** Whether what is sent is encrypted on its way (TLS). */
  readonly encrypted: boolean;
  readonly machines: UnaryMethods<typeof MachineService>;
  readonly plans: UnaryMethods<typeof PlanService>;
  readonly runs: UnaryMethods<typeof RunService>;
  readonly events: UnaryMethods<typeof EventService>;
  readonly server: UnaryMethods<typeof ServerService>;
  /** How the client stands with the server, for everybody who wants to show it. */
  readonly connection: Pick<Connection, 'state' | 'latencyMs' | 'reached' | 'subscribe' | 'onLatency' | 'ping'>;
  /** The last calls; null unless they are recorded. */
  readonly calls: CallLog | null;
  /** Every change of the machines that match, across losses; see `watch`. */
  watchMachines(request: WatchRequest, settings?: StreamSettings): AsyncGenerator<MachineEvent, void, undefined>;
  /** Every change of the runs that match, across losses; see `watch`. */
  watchRuns(request: WatchRequest, settings?: StreamSettings): AsyncGenerator<RunEvent, void, undefined>;
  /** The audit trail as it grows, across losses; begins with what comes next where no cursor is given. */
  watchEvents(request: WatchRequest, settings?: StreamSettings): AsyncGenerator<Event, void, undefined>;
  /** The lines of a run's log, across losses; ends with the run. */
  followLogs(request: LogRequest, settings?: StreamSettings): AsyncGenerator<LogChunk, void, undefined>;
  /** The server's own log, its last lines and those to come, across losses; see `watchServerLog`. */
  watchServerLog(
    request: ServerLogRequest,
    settings?: StreamSettings,
  ): AsyncGenerator<WatchServerLogResponse, void, undefined>;
  /** All machines that match, page by page; as they were at `asOf`, in milliseconds since 1970, where that is given. */
  listMachines(request: PastListRequest, settings?: CallSettings): AsyncGenerator<Machine, void, undefined>;
  /** All runs that match, page by page; the newest first unless asked otherwise. */
  listRuns(request: ListRequest, settings?: CallSettings): AsyncGenerator<Run, void, undefined>;
  /** All plans, page by page. */
  listPlans(settings?: CallSettings): AsyncGenerator<Plan, void, undefined>;
  /** Ends every stream and gives the connection back. */
  close(): void;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** How long one sign of life may take to come, in milliseconds. */
const PING_TIMEOUT_MS = 3_000;

/** How long a channel that failed to connect may take to try again, in milliseconds: its longest wait, and some. */
const READY_TIMEOUT_MS = 1_500;

/** The longest name of a caller that a server takes, in characters. */
const MAX_USER_LENGTH = 64;

const CHANNEL_OPTIONS: ClientOptions = {
  // A server on this machine or in this rack: a proxy that the environment names for the web is not meant.
  'grpc.enable_http_proxy': 0,
  // A full page of runs with long params is more than the 4 MiB that are usual.
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
  // A peer that vanished without a word is noticed within 15 s.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  // The waits that count are those of Connection; the channel's own must be shorter than a ping.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // Another client's failures to connect are not this one's.
  'grpc.use_local_subchannel_pool': 1,
};

/** Makes a client; the connection is made with the first call. */
export function connect(options: ConnectOptions): Client {
  const { address, user = loginName(), timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const channel = new Channel(address.target, credentials.createInsecure(), CHANNEL_OPTIONS);
  const metadata = new Metadata();
  if (user !== '') metadata.set('x-bmdemo-user', user);
  const calls = {
    machines: createClient(MachineService, channel),
    plans: createClient(PlanService, channel),
    runs: createClient(RunService, channel),
    server: createClient(ServerService, channel),
    events: createClient(EventService, channel),
  };
  const connection = new Connection(async (signal) => {
    try {
      await ready(channel, connection.reached);
      const startedAt = performance.now();
      await calls.server.getServerInfo({}, { signal, metadata, deadline: Date.now() + PING_TIMEOUT_MS });
      return performance.now() - startedAt;
    } catch (error) {
      signal.throwIfAborted();
      const site = { method: 'ServerService/GetServerInfo', address: address.label, reached: connection.reached };
      throw toClientError(error, site);
    }
  }, options.backOff ?? RECONNECT);
  const recorder = options.record === true ? new CallRecorder() : null;
  const room: CallRoom = {
    address: address.label,
    connection,
    metadata,
    recorder,
    timeoutMs,
    waitForServer: options.waitForServer === true,
    onWait: options.onWait ?? (() => undefined),
  };
  const machines = unaryMethods(MachineService, calls.machines, room);
  const plans = unaryMethods(PlanService, calls.plans, room);
  const runs = unaryMethods(RunService, calls.runs, room);
  const events = unaryMethods(EventService, calls.events, room);
  const endOfTrail = async () => (await events.listEvents({ pageSize: 1, orderBy: 'ts desc' })).cursor;
  const streams = new AbortController();
  const living = ({ signal, ...rest }: StreamSettings = {}): StreamSettings => ({
    ...rest,
    signal: signal === undefined ? streams.signal : AbortSignal.any([signal, streams.signal]),
  });
  return {
    address,
    user,
    // The channel above is made without TLS: servers bind loopback and unix sockets alone.
    encrypted: false,
    machines,
    plans,
    runs,
    events,
    server: unaryMethods(ServerService, calls.server, room),
    connection,
    calls: recorder,
    watchMachines: (request, settings) =>
      watch(MachineService.method.watchMachines, calls.machines.watchMachines, request, room, living(settings)),
    watchRuns: (request, settings) =>
      watch(RunService.method.watchRuns, calls.runs.watchRuns, request, room, living(settings)),
    watchEvents: (request, settings) => watchEvents(calls.events, endOfTrail, request, room, living(settings)),
    followLogs: (request, settings) => followLogs(calls.runs, request, room, living(settings)),
    watchServerLog: (request, settings) => watchServerLog(calls.server, request, room, living(settings)),
    listMachines: ({ filter = '', orderBy = '', limit, asOf }, settings) =>
      pages(async (page) => {
        const time = asOf === undefined ? {} : { asOf: timestampFromMs(asOf) };
        const answer = await machines.listMachines({ filter, orderBy, ...page, ...time }, settings);
        return { rows: answer.machines, nextPageToken: answer.nextPageToken };
      }, limit),
    listRuns: ({ filter = '', orderBy = '', limit }, settings) =>
      pages(async (page) => {
        const answer = await runs.listRuns({ filter, orderBy, ...page }, settings);
        return { rows: answer.runs, nextPageToken: answer.nextPageToken };
      }, limit),
    listPlans: (settings) =>
      pages(async (page) => {
        const answer = await plans.listPlans(page, settings);
        return { rows: answer.plans, nextPageToken: answer.nextPageToken };
      }),
    close: () => {
      streams.abort();
      connection.close();
      channel.close();
    },
  };
}

/**
 * Resolves when the channel has a connection, or after a time without one: the call that follows says why. A
 * channel that was never used connects with its first call, and says best itself what is wrong.
 */
function ready(channel: Channel, reached: boolean): Promise<void> {
  if (!reached && channel.getChannel().getConnectivityState(false) === connectivityState.IDLE) return Promise.resolve();
  return new Promise((resolve) => channel.waitForReady(Date.now() + READY_TIMEOUT_MS, () => resolve()));
}

/** The login name, as far as a server takes it for one; empty where the system has none. */
function loginName(): string {
  try {
    return userInfo()
      .username.replace(/[^A-Za-z0-9._@+\\:/-]/g, '-')
      .slice(0, MAX_USER_LENGTH);
  } catch {
    return ''; // A container's user may have no entry in the password file.
  }
}
