import type { Millis } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import { wait } from '../ports/clock.ts';
import type { CoreLog } from '../ports/log.ts';
import type { ProviderRegistry } from '../ports/provider.ts';
import type { Claim, Claimed, Hint, Store } from '../ports/store.ts';
import { Gate } from './gate.ts';
import { createLogWriter } from './log-writer.ts';
import type { DriverContext } from './run-driver.ts';
import { RunDriver } from './run-driver.ts';
import { singleFlight } from './single-flight.ts';
import { Turns } from './turns.ts';

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
  /** Begins to claim runs, in a shared store once this server is a member. */
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
/** The shortest wait before due runs are asked for again, in milliseconds. */
const LEAST_WAIT_MS = 10;
/** How long calls that were told to stop have to return before the server goes without them, in milliseconds. */
const ABORT_GRACE_MS = 1_000;

const keyOf = ({ runId, fence }: Claim): string => `${fence} ${runId}`;

/** Makes the engine of one server. It does nothing before `start`. */
export function createEngine(options: EngineOptions): Engine {
  const { store, clock, log } = options;
  const killed = new AbortController();
  const gate = new Gate();
  const turns = new Turns();
  /** By the keys of their claims: a claim has one driver. */
  const drivers = new Map<string, RunDriver>();
  const ended = new Set<() => void>();
  /** The runs of this server that it knew nothing of when it last looked. */
  let unheard = new Set<string>();
  let incarnations = 0;
  let context: DriverContext | null = null;
  let stopping = false;
  let unsubscribe: (() => void) | null = null;
  let dueTimer: (() => void) | null = null;

  const away = (error: unknown) => log.warn({ err: error }, 'the store did not answer; again');
  const pass = (work: () => Promise<void>) => singleFlight(clock, killed.signal, away, work);

  /** Makes this server somebody in the store, under a name that it never had before. */
  const join = pass(async () => {
    if (stopping) return;
    incarnations += 1;
    const instance = incarnations === 1 ? options.instance : `${options.instance}-${incarnations}`;
    const unwritten = (error: unknown) => log.warn({ err: error }, 'logs could not be written; again');
    const logs = createLogWriter(store, clock, instance, unwritten);
    await store.membership?.join(instance, {
      suspended: () => gate.close(),
      resumed: () => gate.open(),
      expelled: () => expelled(),
    });
    const takeOver = (next: Claimed) => begin(owner, next);
    const owner: DriverContext = { ...options, instance, logs, gate, turns, takeOver, killed: killed.signal };
    context = owner;
    gate.open();
    reap();
    claim();
  });

  /** Others may have this server's runs by now: its calls are aborted, and it begins anew under another name. */
  const expelled = () => {
    log.warn({}, 'this server has lost its standing in the store; its calls are aborted');
    context = null;
    gate.close();
    for (const driver of drivers.values()) driver.stop('fenced');
    join();
  };

  const claim = pass(async () => {
    while (!stopping && context !== null && drivers.size < options.maxRuns) {
      const owner = context;
      const limit = Math.min(CLAIM_AT_ONCE, options.maxRuns - drivers.size);
      const { claims, nextDueAt } = await store.claim(owner.instance, limit);
      for (const one of claims) begin(owner, one);
      if (claims.length < limit) {
        armDueTimer(nextDueAt);
        return;
      }
    }
  });

  const begin = (owner: DriverContext, one: Claimed) => {
    // An answer that was given up for lost may still come.
    const key = keyOf(one);
    if (drivers.has(key)) return;
    const driver = new RunDriver(owner, one);
    drivers.set(key, driver);
    if (stopping) driver.drain();
    if (owner !== context) driver.stop('fenced');
    void driver.drive().then(() => {
      const full = drivers.size >= options.maxRuns;
      drivers.delete(key);
      for (const told of ended) told();
      if (full) claim();
    });
  };

  const armDueTimer = (nextDueAt: Millis | null) => {
    dueTimer?.();
    // The store's clock says when; where this server's runs ahead of it, it must not ask without a pause.
    dueTimer = nextDueAt === null ? null : clock.after(Math.max(LEAST_WAIT_MS, nextDueAt - clock.now()), claim);
  };

  /** Takes over what servers that are gone have left; of runs that have ended there is only to record that their call has. */
  const reap = pass(async () => {
    if (stopping || context === null) return;
    const owner = context;
    for (const one of await store.reap(owner.instance)) begin(owner, one);
  });

  /**
   * Begins with the runs that this server owns and was never told of, because the answer that gave them to it was lost on the way;
   * those that it has no room for by now it gives back. Only at the second look: an answer may still be on its way.
   */
  const adopt = pass(async () => {
    if (stopping || context === null) return;
    const owner = context;
    const unknown = (await store.owned(owner.instance)).filter((one) => !drivers.has(keyOf(one)));
    if (owner !== context) return;
    const lost = unknown.filter((one) => unheard.has(keyOf(one)));
    unheard = new Set(unknown.map(keyOf));
    const over = new Set(lost.length === 0 ? [] : await store.stopping(owner.instance));
    for (const one of lost) {
      if (drivers.has(keyOf(one))) continue;
      // Of a run that has ended there is only to record that its call has.
      if (drivers.size < options.maxRuns || over.has(one.runId)) begin(owner, one);
      else await store.release(one, owner.instance);
    }
  });

  /** Tells the calls of runs that were canceled under them. */
  const tellStopping = pass(async () => {
    if (context === null) return;
    const canceled = new Set(await store.stopping(context.instance));
    for (const driver of drivers.values()) {
      if (canceled.has(driver.claim.runId)) driver.stop('canceled');
    }
  });

  const heard = (hint: Hint) => {
    if (hint.due) claim();
    if (hint.peers) {
      reap();
      adopt();
    }
    if (hint.stop) {
      tellStopping();
      // A run that was canceled while nobody owned it has nobody else to record that its call has stopped.
      reap();
    }
  };

  const idleWithin = async (ms: number): Promise<void> => {
    if (drivers.size === 0) return;
    const given = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const told = () => {
      if (drivers.size === 0) resolve();
    };
    ended.add(told);
    await Promise.race([promise, wait(clock, ms, given.signal)]);
    ended.delete(told);
    given.abort();
  };

  /** Others need not wait for the lease of a server that says goodbye. */
  const leave = async () => {
    if (context === null) return;
    try {
      await store.membership?.leave();
    } catch (error) {
      log.warn({ err: error }, 'the store was not told that this server leaves; its lease will end');
    }
  };

  return {
    start() {
      unsubscribe = store.subscribe(heard);
      join();
    },
    async stop(graceMs) {
      stopping = true;
      dueTimer?.();
      for (const driver of drivers.values()) driver.drain();
      await idleWithin(graceMs);
      const interrupted = [...drivers.values()].filter((driver) => driver.calling).length;
      for (const driver of drivers.values()) driver.stop('shutdown');
      await idleWithin(ABORT_GRACE_MS);
      unsubscribe?.();
      killed.abort();
      await idleWithin(ABORT_GRACE_MS);
      await leave();
      return { interrupted };
    },
    active: () => drivers.size,
  };
}
