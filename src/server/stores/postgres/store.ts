import { randomInt } from 'node:crypto';
import type { Clock } from '../../../core/ports/clock.ts';
import type { CoreLog } from '../../../core/ports/log.ts';
import type { Membership } from '../../../core/ports/membership.ts';
import type { Store } from '../../../core/ports/store.ts';
import { Hints } from '../shared/hints.ts';
import type { StoreLimits } from '../shared/limits.ts';
import { logBudget } from '../shared/log-gap.ts';
import { limitsOf, queueIn, setLimits } from './admission.ts';
import { commitAllChanges, commitChange, createGroupLoad, holdersOf, loadAggregate } from './aggregates.ts';
import { countsOf } from './counts.ts';
import { Database } from './database.ts';
import { translateOpening } from './errors.ts';
import { countEvents, pageOfEvents } from './event-lists.ts';
import type { TailRead } from './events.ts';
import { beginEpoch, earliestTime, headOfLog, readTail, untilSettled } from './events.ts';
import { createGroupCommit } from './group-commit.ts';
import { healthOf } from './health.ts';
import { claimRuns, ownedRuns, reapServers, releaseClaim, stoppingRuns } from './leases.ts';
import type { Line } from './line.ts';
import { openSessionLine, PooledLine } from './line.ts';
import { countMachines, oneMachine, oneRun, pageOfMachines, pageOfRuns } from './lists.ts';
import { appendBatches, oldestOpen, readLines, readProgress } from './logs.ts';
import { PostgresMembership } from './membership.ts';
import { MIGRATIONS } from './migrations.ts';
import { Notices } from './notices.ts';
import { machinesAsOf } from './past.ts';
import { LOCK_CLASS } from './peers.ts';
import { commitPlan, loadPlan, pageOfPlans, planVersion } from './plans.ts';
import { Retention, sweptRun } from './retention.ts';
import { BoundPlans } from './rows.ts';
import { migrate } from './schema/migrate.ts';
import { snapshotOfMachines, snapshotOfRuns } from './snapshots.ts';

/** What a store on PostgreSQL is opened with. */
export interface PostgresOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; `sslmode` and its like as PostgreSQL's own clients read them. */
  readonly url: string;
  /** For timers and for spans; the time of runs and events is PostgreSQL's. */
  readonly clock: Clock;
  readonly limits: Pick<StoreLimits, 'logLines' | 'logBytes'>;
  /** How long this server may be silent before the others take its runs, in milliseconds; 5 s unless said otherwise. */
  readonly leaseMs?: number;
  /** Connections that statements share, 10 unless said otherwise; one more carries the lease. */
  readonly poolSize?: number;
  /** All of them are made at once and stay, so that a burst finds them; else each is made when it is needed. */
  readonly ready?: boolean;
  readonly log: CoreLog;
}

/** A store that any number of servers share. */
export interface PostgresStore extends Store {
  readonly membership: Membership;
}

/** How long a server may be silent where nothing else is said, in milliseconds. */
const LEASE_MS = 5_000;
const POOL_SIZE = 10;

/**
 * Opens the store in a PostgreSQL database, and brings its schema up to date.
 *
 * @throws StoreUnusable where something has to be done about it, with a sentence for people
 * @throws StoreUnavailable where it cannot be reached at this moment
 */
export async function openPostgresStore(options: PostgresOptions): Promise<PostgresStore> {
  const { clock, log, limits, leaseMs = LEASE_MS } = options;
  const { database, line } = await reach(options);
  const hints = new Hints((error) => log.error({ err: error }, 'a listener of the store failed'));
  const notices = new Notices(clock, database, line, hints, await oldestOpen(database));
  const membership = new PostgresMembership({ clock, line, leaseMs, log, tell: (hint) => notices.tell(hint) });
  const plans = new BoundPlans();
  const [loads, commits] = [createGroupLoad(database), createGroupCommit(database)];
  const retention = new Retention(database);
  void database.makeReady({ text: 'SELECT bmdemo.rehearse()' });
  const budget = logBudget(limits);
  const degraded = line.holdsSession
    ? ''
    : 'PostgreSQL is reached through a pooler that changes sessions between statements: ' +
      'no notifications and no locks, so that other servers notice within 250 ms what happens here, ' +
      `and only after ${leaseMs / 1_000} s that this one has died`;
  if (degraded !== '') log.warn({}, degraded);

  return {
    kind: 'postgres',
    membership,
    health: () => healthOf(database, degraded),

    load: (machineId, also) => loadAggregate(database, loads, plans, machineId, also),
    async commit(change) {
      const { result, hint } = await commitChange(database, commits, plans, change);
      notices.tell(hint);
      return result;
    },
    async commitAll(changes) {
      const result = await commitAllChanges(database, changes);
      if (result.kind === 'ok' && changes.some(({ events }) => events.length > 0)) notices.tell({ events: true });
      return result;
    },
    holders: (identities) => holdersOf(database, identities),

    claim: (owner, limit) => claimRuns(database, plans, owner, limit),
    async setLimits(wanted) {
      await setLimits(database, wanted);
      notices.tell({ due: true });
    },
    limits: () => limitsOf(database),
    queue: () => queueIn(database),
    async release(claim, owner) {
      if (await releaseClaim(database, claim, owner)) notices.tell({ due: true });
    },
    async reap(owner) {
      const { removed, claims, freed } = await reapServers(database, owner, LOCK_CLASS, membership.suspects());
      for (const instance of removed) log.warn({ instance }, 'a server is gone; its runs are taken over');
      if (freed > 0) notices.tell({ due: true });
      return claims;
    },
    owned: (owner) => ownedRuns(database, owner),
    stopping: (owner) => stoppingRuns(database, owner),

    machine: (machineId) => oneMachine(database, machineId),
    machines: (query) => pageOfMachines(database, query),
    countMachines: (filter) => countMachines(database, filter),
    run: (runId) => oneRun(database, plans, runId),
    sweptRun: (runId) => sweptRun(database, runId),
    runs: (query) => pageOfRuns(database, plans, query),
    counts: (filter) => countsOf(database, filter),

    loadPlan: (planId, requestId) => loadPlan(database, planId, requestId),
    async commitPlan(change) {
      const result = await commitPlan(database, change);
      if (result === 'ok' && change.event !== null) notices.tell({ events: true });
      return result;
    },
    plan: (planId, version) => planVersion(database, planId, version),
    plans: (query) => pageOfPlans(database, query),

    snapshotRuns: (filter) => snapshotOfRuns(database, clock, plans, filter),
    snapshotMachines: (filter) => snapshotOfMachines(database, clock, filter),
    head: async () => (await untilSettled(clock, () => headOfLog(database))).cursor,
    async tail(after, limit) {
      const read = () => readTail(database, after, limit);
      const { tail, heldBack } = await untilSettled(clock, read, hasEvents);
      notices.heldBack(heldBack);
      return tail;
    },
    events: (query) => pageOfEvents(database, query),
    countEvents: (range) => countEvents(database, range),
    earliest: () => earliestTime(database),
    machinesAsOf: (at, query) => machinesAsOf(database, at, query),

    async appendLogs(batches) {
      const { refused, grown, progress } = await appendBatches(database, batches, budget);
      notices.tell({ ...(grown.length > 0 ? { logs: grown } : {}), ...(progress ? { progress } : {}) });
      return refused;
    },
    logs: (runId, after, limit) => readLines(database, runId, after, limit),
    async progress(after) {
      const read = () => readProgress(database, after);
      const { changes, next, heldBack } = await untilSettled(clock, read, (found) => found.changes.length > 0);
      notices.heldBack(heldBack);
      return { changes, next };
    },

    sweep: (policy) => retention.sweep(policy),

    subscribe: (listener) => hints.subscribe(listener),
    async close() {
      notices.close();
      membership.close();
      hints.close();
      await line.close();
      await database.close();
    },
  };
}

/** True where a reader has something to go on with. */
function hasEvents({ tail }: TailRead): boolean {
  return 'kind' in tail || tail.events.length > 0;
}

/** Connects, makes the schema, and finds out whether sessions are to be had. */
async function reach(options: PostgresOptions): Promise<{ readonly database: Database; readonly line: Line }> {
  const { url, clock, poolSize = POOL_SIZE, leaseMs = LEASE_MS } = options;
  const ready = options.ready === true ? poolSize : 0;
  // A line that is lost without a word has to be missed well before the lease ends.
  const answerWithinMs = leaseMs / 3;
  let migrated = false;
  const opened: { close(): Promise<void> }[] = [];
  const open = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  try {
    const line = open(
      await openSessionLine({
        ...{ url, clock, answerWithinMs },
        prepare: async (client) => {
          if (!migrated) await migrate(client, MIGRATIONS);
          migrated = true;
          await beginEpoch(client);
        },
      }),
    );
    const database = open(new Database({ url, poolSize, ready, sessions: true }));
    if (await keepsSessions(line, database)) {
      // Where one way was lost without a word, so were the others: statements need not find that out one by one.
      line.listen({ up: () => {}, down: () => database.abandon(), said: () => {} });
      return { database, line };
    }
    await line.close();
    await database.close();
    const own = new Database({ url, poolSize: 1, sessions: false });
    return {
      database: new Database({ url, poolSize, sessions: false }),
      line: new PooledLine(own, clock, answerWithinMs),
    };
  } catch (error) {
    for (const one of opened) await one.close();
    throw translateOpening(error);
  }
}

/**
 * True where a lock that one statement takes is there under the next one of the same connection. In between a transaction of
 * another connection is open, so that a pooler that has only one session to spare cannot look like a connection.
 */
async function keepsSessions(line: Line, database: Database): Promise<boolean> {
  const lock = [LOCK_CLASS, randomInt(1, 2 ** 31 - 1)];
  const ask = (text: string) => line.ask({ text, values: lock });
  const [taken] = await ask('SELECT pg_backend_pid() AS pid, pg_try_advisory_lock($1::integer, $2::integer)');
  const other = await database.beginRead();
  try {
    const [beside] = await other.query({ text: 'SELECT pg_backend_pid() AS pid' });
    if (beside?.pid === taken?.pid) return false;
    const [then] = await ask(
      'SELECT pg_backend_pid() AS pid, $2::bigint IN (SELECT bmdemo.locks_held($1::integer)) AS held',
    );
    return then?.pid === taken?.pid && then?.held === true;
  } finally {
    await other.end();
    await ask('SELECT pg_advisory_unlock($1::integer, $2::integer)').catch(() => {});
  }
}
