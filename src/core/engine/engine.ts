import type { Millis } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import { wait } from '../ports/clock.ts';
import type { CoreLog } from '../ports/log.ts';
import type { ProviderRegistry } from '../ports/provider.ts';
import type { Claim, Hint, Store } from '../ports/store.ts';
import { createLogWriter } from './log-writer.ts';
import type { DriverContext } from './run-driver.ts';
import { RunDriver } from './run-driver.ts';

/** What an engine is made of. */
export interface EngineOptions {
  readonly store: Store;
  readonly providers: ProviderRegistry;
  readonly clock: Clock;
  /** Uniform in [0, 1); the jitter of back-offs. */
  readonly random: () => number;
  /** This server's name among those that share the store; new at every start. */
  readonly instance: string;
  /** How many runs this server carries out at once; the others wait as PENDING or in their back-off. */
  readonly maxRuns: number;
  readonly log: CoreLog;
}

/** Carries out the runs that this server owns. */
export interface Engine {
  /** Begins to claim runs. */
  start(): void;
  /**
   * Claims nothing more, lets calls end for `graceMs`, then stops them and records the attempts as interrupted.
   * Runs are not canceled: they go on when a server has the store again.
   */
  stop(graceMs: number): Promise<{ readonly interrupted: number }>;
  /** How many runs this server carries out at this moment. */
  active(): number;
}

/** Runs claimed in one go. */
const CLAIM_AT_ONCE = 256;
/** How long calls that were told to stop have to return before the server goes without them, in milliseconds. */
const ABORT_GRACE_MS = 1_000;
/** The wait after a store that did not answer a claim, in milliseconds. */
const CLAIM_AGAIN_MS = 500;

/** Makes the engine of one server. It does nothing before `start`. */
export function createEngine(options: EngineOptions): Engine {
  const { store, clock, instance, log } = options;
  const killed = new AbortController();
  const logs = createLogWriter(store, clock, instance, (error) =>
    log.warn({ err: error }, 'logs could not be written'),
  );
  const context: DriverContext = { ...options, logs, killed: killed.signal };
  const drivers = new Set<RunDriver>();
  const ended = new Set<() => void>();
  let stopping = false;
  let unsubscribe: (() => void) | null = null;
  let dueTimer: (() => void) | null = null;

  const claim = single(async () => {
    while (!stopping && drivers.size < options.maxRuns) {
      const limit = Math.min(CLAIM_AT_ONCE, options.maxRuns - drivers.size);
      const { claims, nextDueAt } = await store.claim(instance, limit);
      for (const one of claims) begin(one);
      if (claims.length < limit) {
        armDueTimer(nextDueAt);
        return;
      }
    }
  });

  const begin = (one: Claim) => {
    const driver = new RunDriver(context, one);
    drivers.add(driver);
    if (stopping) driver.drain();
    void driver.drive().then(() => {
      const full = drivers.size >= options.maxRuns;
      drivers.delete(driver);
      for (const told of ended) told();
      if (full) claim();
    });
  };

  const armDueTimer = (nextDueAt: Millis | null) => {
    dueTimer?.();
    dueTimer = nextDueAt === null ? null : clock.after(Math.max(0, nextDueAt - clock.now()), claim);
  };

  /** Takes over what servers that are gone have left; of runs that have ended there is only to record that their call has. */
  const reap = single(async () => {
    for (const one of await store.reap(instance)) begin(one);
  });

  /** Tells the calls of runs that were canceled under them. */
  const tellStopping = single(async () => {
    const canceled = new Set(await store.stopping(instance));
    for (const driver of drivers) {
      if (canceled.has(driver.claim.runId)) driver.stop('canceled');
    }
  });

  const heard = (hint: Hint) => {
    if (hint.due && !stopping) claim();
    if (hint.peers && !stopping) reap();
    if (hint.stop) tellStopping();
  };

  /** At most one pass at a time, and one more after it where it was asked for meanwhile; a store that is away is asked again. */
  function single(pass: () => Promise<void>): () => void {
    let going = false;
    let again = false;
    const go = async () => {
      going = true;
      do {
        again = false;
        try {
          await pass();
        } catch (error) {
          log.warn({ err: error }, 'the store did not answer; again');
          again = await wait(clock, CLAIM_AGAIN_MS, killed.signal);
        }
      } while (again);
      going = false;
    };
    return () => {
      if (going) again = true;
      else void go();
    };
  }

  const idle = (): Promise<void> => {
    if (drivers.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const told = () => {
        if (drivers.size > 0) return;
        ended.delete(told);
        resolve();
      };
      ended.add(told);
    });
  };

  const idleWithin = async (ms: number): Promise<void> => {
    const given = new AbortController();
    await Promise.race([idle(), wait(clock, ms, given.signal)]);
    given.abort();
  };

  return {
    start() {
      unsubscribe = store.subscribe(heard);
      reap();
      claim();
    },
    async stop(graceMs) {
      stopping = true;
      dueTimer?.();
      for (const driver of drivers) driver.drain();
      await idleWithin(graceMs);
      const interrupted = [...drivers].filter((driver) => driver.calling).length;
      for (const driver of drivers) driver.stop('shutdown');
      await idleWithin(ABORT_GRACE_MS);
      unsubscribe?.();
      killed.abort();
      await idleWithin(ABORT_GRACE_MS);
      return { interrupted };
    },
    active: () => drivers.size,
  };
}
