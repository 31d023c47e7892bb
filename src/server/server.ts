import { setImmediate as nextTurn } from 'node:timers/promises';
import { EVERYTHING } from '../core/domain/filter.ts';
import type { Engine } from '../core/engine/engine.ts';
import { createEngine } from '../core/engine/engine.ts';
import type { Clock } from '../core/ports/clock.ts';
import { wait } from '../core/ports/clock.ts';
import type { ProviderRegistry } from '../core/ports/provider.ts';
import type { Store } from '../core/ports/store.ts';
import { systemClock } from './clock.ts';
import type { ServerConfig } from './config.ts';
import { DEFAULT_KEEP } from './config.ts';
import { createGrpcServer, implementedMethods, OWN_SERVICES } from './grpc.ts';
import { HealthService } from './health.ts';
import { newInstanceId } from './ids.ts';
import { OpenStreams } from './interceptors/open-streams.ts';
import { Janitor } from './janitor.ts';
import { MAX_BATCH_SIZE, MAX_OPEN_STREAMS, MAX_REQUEST_BYTES } from './limits.ts';
import { bringInLimits } from './limits-of-store.ts';
import type { ListenFault } from './listen-address.ts';
import { parseListen } from './listen-address.ts';
import type { Listener } from './listener.ts';
import { listen } from './listener.ts';
import type { ServerLog } from './log.ts';
import { createServerLog } from './log.ts';
import { bringInPlans } from './plans/bring-in.ts';
import { Recovering } from './recovering.ts';
import { RUN_LOG_LIMITS } from './stores/shared/limits.ts';
import { Hub } from './watch/hub.ts';

/** What a server is put together from. */
export interface ServerParts {
  /** Closed with the server. */
  readonly store: Store;
  readonly providers: ProviderRegistry;
  /** The system's own if not given. */
  readonly clock?: Clock;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** Made from the configuration if not given. */
  readonly log?: ServerLog;
  /** Told where the server listens, as soon as it does. */
  readonly listening?: (address: string) => void;
  /** Lets go of what else was opened for this server, once it has ended. */
  readonly release?: () => void;
}

/** What came of a server's start. */
export type Started = { readonly kind: 'listening'; readonly address: string } | ListenFault;

/** What a server leaves behind. */
export interface Stopped {
  /** Calls to hardware that were cut off; their runs go on when a server has the store again. */
  readonly interrupted: number;
  /** Runs that had not ended, and are gone, because the store is in memory. */
  readonly runsLost: number;
  /** Machines that are gone, because the store is in memory. */
  readonly machinesLost: number;
}

/** One server: the contract over gRPC, the engine behind it, and where state lives. */
export interface Server {
  /** Begins to listen and to carry out runs. A fault says why it cannot; the server is then stopped already, as where it rejects. */
  start(): Promise<Started>;
  /**
   * Ends it: no new connections, streams end with UNAVAILABLE, calls to hardware have `graceMs` to end by themselves
   * (3 s unless said otherwise). Takes at most 2 s more than that. A second call answers what the first one did.
   */
  stop(options?: { readonly graceMs?: number }): Promise<Stopped>;
}

/** How long calls to hardware have to end by themselves when a server stops, in milliseconds. */
const GRACE_MS = 3_000;
/** How long clients have to take what is on its way to them when a server stops, in milliseconds. */
const DRAIN_MS = 1_000;

/** Wires a server; nothing happens before `start`. */
export function createServer(config: ServerConfig, parts: ServerParts): Server {
  const { store, providers, clock = systemClock } = parts;
  const { logger: log, ring } = parts.log ?? createServerLog(config.log);
  const instance = newInstanceId();
  const closing = new AbortController();
  const streams = new OpenStreams(MAX_OPEN_STREAMS);
  const health = new HealthService(OWN_SERVICES.map((service) => service.typeName));
  const hub = new Hub(store, clock, log.child({ component: 'watch' }));
  const engine: Engine = createEngine({
    store,
    providers,
    clock,
    random: parts.random ?? Math.random,
    instance,
    maxRuns: config.maxRuns,
    log: log.child({ component: 'engine' }),
  });
  const recovering = new Recovering(store, clock, instance);
  const janitor = new Janitor({
    store,
    policy: config.keep ?? DEFAULT_KEEP,
    clock,
    log: log.child({ component: 'janitor' }),
  });
  const { server, injector } = createGrpcServer({
    context: { instance, store, clock, providers, hub, recovering, log },
    about: {
      version: config.version,
      instance,
      startedAt: clock.now(),
      maxRuns: config.maxRuns,
      maxRequestBytes: MAX_REQUEST_BYTES,
      maxBatchSize: MAX_BATCH_SIZE,
      maxLogLines: RUN_LOG_LIMITS.logLines,
      methods: implementedMethods(),
      simulated: new Set(['fake']),
      activeRuns: () => engine.active(),
      ring,
    },
    health,
    guard: { clock, log: log.child({ component: 'grpc' }), closing: closing.signal, streams },
  });
  let listener: Listener | null = null;
  let stopped: Promise<Stopped> | null = null;

  const start = async (): Promise<Started> => {
    try {
      return await begin();
    } catch (error) {
      await stop({});
      throw error;
    }
  };

  const begin = async (): Promise<Started> => {
    const target = parseListen(config.listen);
    if (target.kind === 'fault') return refused(target);
    await hub.start();
    recovering.start();
    for (const { id, version } of await bringInPlans(store, config.plans ?? [], instance)) {
      log.info({ plan: id, version }, 'a plan was made of its file');
    }
    await bringInLimits(store, config.limits, log.child({ component: 'admission' }));
    const runs = await runsUnderWay(store);
    const opened = await listen(target, (socket) => injector.injectConnection(socket));
    if (opened.kind === 'fault') return refused(opened);
    listener = opened;
    parts.listening?.(opened.address);
    engine.start();
    janitor.start();
    health.setServing(true);
    log.info({ address: opened.address, instance, store: store.kind, version: config.version }, 'listening');
    if (runs > 0) log.info({ runs }, 'runs were under way in the store; those without a server are taken up again');
    return { kind: 'listening', address: opened.address };
  };

  const refused = async (fault: ListenFault): Promise<ListenFault> => {
    await stop({});
    return fault;
  };

  /** Ends every connection, those that do not end by themselves by force. */
  const disconnect = async (): Promise<void> => {
    const given = new AbortController();
    const gone = Promise.all([streams.idle(), new Promise<void>((resolve) => server.tryShutdown(() => resolve()))]);
    await Promise.race([gone, wait(clock, DRAIN_MS, given.signal)]);
    given.abort();
    server.forceShutdown();
  };

  const end = async (graceMs: number): Promise<Stopped> => {
    log.info({ instance }, 'stopping');
    health.setServing(false);
    listener?.close();
    await nextTurn(); // Those who watch the health hear of it before their stream ends.
    closing.abort();
    const [{ interrupted }] = await Promise.all([engine.stop(graceMs), disconnect(), janitor.stop()]);
    recovering.stop();
    await hub.stop();
    const lost = await lostWith(store);
    await store.close();
    parts.release?.();
    log.info({ instance, interrupted, ...lost }, 'stopped');
    return { interrupted, ...lost };
  };

  const stop: Server['stop'] = ({ graceMs = GRACE_MS } = {}) => {
    stopped ??= end(graceMs);
    return stopped;
  };

  return { start, stop };
}

/** How many runs have not ended. */
async function runsUnderWay(store: Store): Promise<number> {
  const { runs } = await store.counts(EVERYTHING);
  return (runs.PENDING ?? 0) + (runs.RUNNING ?? 0);
}

/** What is gone with a store in memory. */
async function lostWith(store: Store): Promise<Pick<Stopped, 'runsLost' | 'machinesLost'>> {
  if (store.kind !== 'memory') return { runsLost: 0, machinesLost: 0 };
  const { machines } = await store.counts(EVERYTHING);
  return {
    runsLost: await runsUnderWay(store),
    machinesLost: Object.values(machines).reduce((sum, count) => sum + count, 0),
  };
}
