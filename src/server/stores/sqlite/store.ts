import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../core/ports/clock.ts';
import type { Change, Claim, CommitResult, Hint, LogBatch, Store } from '../../../core/ports/store.ts';
import { Hints } from '../shared/hints.ts';
import type { StoreLimits } from '../shared/limits.ts';
import { logBudget } from '../shared/log-gap.ts';
import { limitsOf, queueIn, setLimits } from './admission.ts';
import { commitAllChanges, commitChange, holdersOf, loadAggregate, RefusedTogether } from './aggregates.ts';
import { countsOf, Tally } from './counts.ts';
import { Database } from './database.ts';
import { countEvents, pageOfEvents } from './event-lists.ts';
import { EventLog, earliestTime } from './events.ts';
import { makeFolder } from './folder.ts';
import { createGroupCommit } from './group-commit.ts';
import { claimDue, nextDueAt, ownedRuns, reapOthers, releaseClaim, stoppingRuns } from './leases.ts';
import { countMachines, pageOfMachines, pageOfRuns, runRow } from './lists.ts';
import { lockFile } from './lock.ts';
import { appendBatches, readLines, readProgress } from './logs.ts';
import { LongReads } from './long-reads.ts';
import { MIGRATIONS } from './migrations.ts';
import { commitPlan, loadPlan, pageOfPlans, planVersion } from './plans.ts';
import { Retention } from './retention.ts';
import { BoundPlans, parseMachine, parseSwept, text } from './rows.ts';
import { snapshotOfMachines, snapshotOfRuns } from './snapshots.ts';

/** What a store on a file is made with. */
export interface SqliteOptions {
  /** The database file; its folder is made where it is not there. */
  readonly path: string;
  readonly clock: Clock;
  readonly limits: Pick<StoreLimits, 'logLines' | 'logBytes'>;
  /** Told of a listener that threw; the others are told all the same. */
  readonly onFault: (error: unknown) => void;
}

/**
 * Opens the store in one SQLite file, for this process alone.
 *
 * @throws StoreUnusable where another server has the file, or it cannot be used; the message is for people
 */
export function openSqliteStore({ path, clock, limits, onFault }: SqliteOptions): Store {
  makeFolder(path);
  const lock = lockFile(path, randomUUID());
  let database: Database;
  try {
    database = new Database(path);
  } catch (error) {
    lock.release();
    throw error;
  }
  const writer = createGroupCommit(database);
  const plans = new BoundPlans(database);
  const events = new EventLog(database, clock.now());
  const retention = new Retention(database);
  const longReads = new LongReads(path);
  const hints = new Hints(onFault);
  const budget = logBudget(limits);
  const tally = new Tally(database);
  let closed = false;
  let progressNumber = readProgress(database, 0).next;

  /** Runs one mutation durably, then tells what may have changed. */
  const mutate = async <T>(work: () => T, hintOf: (answer: T) => Hint): Promise<T> => {
    const answer = await writer.mutate(work);
    hints.tell(hintOf(answer));
    return answer;
  };

  /** Makes a call that only reads. */
  const read = <Args extends readonly unknown[], Answer>(query: (...args: Args) => Answer) => {
    return async (...args: Args): Promise<Awaited<Answer>> => {
      if (closed) throw new Error('the store is closed');
      return await query(...args);
    };
  };

  return {
    kind: 'sqlite',
    membership: null,
    health: read(() => ({ servers: 1, schemaVersion: MIGRATIONS.length, degraded: '', lagMs: 0 })),
    load: read((machineId: string, also: Parameters<Store['load']>[1] = {}) =>
      loadAggregate(database, plans, machineId, also, clock.now()),
    ),
    commit: (change: Change): Promise<CommitResult> =>
      mutate(
        () => commitChange(database, plans, change, clock.now()),
        (result) => {
          if (result.kind !== 'ok') return {};
          tally.committed(change);
          return hintOfChange(change);
        },
      ),
    commitAll: async (changes) => {
      try {
        await mutate(
          () => commitAllChanges(database, plans, changes, clock.now()),
          () => {
            for (const change of changes) tally.committed(change);
            return changes.some(({ events }) => events.length > 0) ? { events: true } : {};
          },
        );
        return { kind: 'ok' };
      } catch (error) {
        if (error instanceof RefusedTogether) return error.refusal;
        throw error;
      }
    },
    holders: read((identities) => holdersOf(database, identities)),
    claim: (owner, limit) =>
      writer.mutate(() => {
        const claims = claimDue(database, owner, limit, clock.now());
        return { claims, nextDueAt: nextDueAt(database) };
      }),
    setLimits: (wanted) =>
      mutate(
        () => setLimits(database, wanted),
        () => ({ due: true }),
      ),
    limits: read(() => limitsOf(database)),
    queue: read(() => queueIn(database, clock.now())),
    release: async (claim: Claim, owner) => {
      await mutate(
        () => releaseClaim(database, claim, owner),
        (released) => (released ? { due: true } : {}),
      );
    },
    reap: (owner) =>
      mutate(
        () => reapOthers(database, owner),
        () => ({ due: true }),
      ),
    owned: read((owner) => ownedRuns(database, owner)),
    stopping: read((owner) => stoppingRuns(database, owner)),
    machine: read((machineId) => {
      const row = database.get('SELECT image FROM machines WHERE machine_id = ?', machineId);
      return row === null ? null : parseMachine(text(row, 'image'));
    }),
    machines: read((query) => pageOfMachines(database, query)),
    countMachines: read((filter) => countMachines(database, filter)),
    run: read((runId) => {
      const sql = 'SELECT * FROM runs LEFT JOIN progress USING (run_id) WHERE run_id = ?';
      const row = database.get(sql, runId);
      return row === null ? null : runRow(plans, row);
    }),
    sweptRun: read((runId) => {
      const row = database.get('SELECT swept FROM requests WHERE run_id = ? AND swept IS NOT NULL', runId);
      return row === null ? null : parseSwept(text(row, 'swept'));
    }),
    runs: read((query) => pageOfRuns(database, plans, query)),
    counts: read((filter) => (filter.clauses.length === 0 ? tally.counts() : countsOf(database, filter))),
    loadPlan: read((planId, requestId) => loadPlan(database, planId, requestId, clock.now())),
    commitPlan: (change) =>
      mutate(
        () => commitPlan(database, change),
        (result) => (result === 'ok' && change.event !== null ? { events: true } : {}),
      ),
    plan: read((planId, version) => planVersion(database, planId, version)),
    plans: read((query) => pageOfPlans(database, query)),
    snapshotRuns: read((filter) => snapshotOfRuns(path, events, plans, filter)),
    snapshotMachines: read((filter) => snapshotOfMachines(path, events, filter)),
    head: read(() => events.head()),
    tail: read((after, limit) => events.tail(after, limit)),
    events: read((query) => pageOfEvents(database, events, query)),
    countEvents: read((range) => countEvents(database, events, range)),
    earliest: read(() => earliestTime(database)),
    machinesAsOf: (at, query) => longReads.ask({ kind: 'machines-as-of', at, query }),
    appendLogs: (batches: readonly LogBatch[]) =>
      mutate(
        () => appendBatches(database, batches, budget, () => ++progressNumber),
        (refused) => ({
          logs: batches.filter((batch) => batch.lines.length > 0).map((batch) => batch.runId),
          progress: batches.some((batch) => batch.progress !== null && !refused.includes(batch.runId)),
        }),
      ),
    logs: read((runId, after, limit) => readLines(database, runId, after, limit)),
    progress: read((after) => readProgress(database, after)),
    sweep: async (policy) => {
      const step = () => retention.step(policy, clock.now(), tally.finished(database));
      const { runPhases, more } = await writer.mutate(step);
      for (const phase of runPhases) tally.swept(phase);
      return more;
    },
    subscribe: (listener) => hints.subscribe(listener),
    close: async () => {
      if (closed) return;
      closed = true;
      await Promise.all([writer.close(), longReads.close()]);
      hints.close();
      database.close();
      lock.release();
    },
  };
}

/** What a change may wake: claims where a run became due, calls where a run ended under its owner, watches. */
function hintOfChange(change: Change): Hint {
  const ended = change.runs.some(({ run }) => run.stopping) && change.guard === null;
  return {
    // A machine that belongs elsewhere now may have room for the run that waits with it.
    ...(change.runs.length > 0 || (change.machine?.activeRunId ?? null) !== null ? { due: true } : {}),
    ...(ended || change.raiseFenceOf !== null ? { stop: true } : {}),
    ...(change.events.length > 0 ? { events: true } : {}),
  };
}
