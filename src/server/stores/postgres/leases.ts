import type { Millis } from '../../../core/domain/time.ts';
import type { Claim, Claimed } from '../../../core/ports/store.ts';
import type { ClaimedRow } from './claimed.ts';
import { claimedOf } from './claimed.ts';
import type { Database } from './database.ts';
import { jsonForSql } from './database.ts';
import type { BoundPlans } from './rows.ts';
import { bool, int, intOrNull, only, text } from './rows.ts';

/** When to ask again for runs that are due but were locked by somebody else at this moment, in milliseconds. */
const LOCKED_AGAIN_MS = 50;

/** One way or the other: the one whose filter is false is not carried out. */
const CLAIM = `
  SELECT CASE WHEN c.claims IS NOT NULL THEN bmdemo.with_aggregates(c.claims) END AS claims, c.next_due_at, c.time_now, c.again
  FROM (
    SELECT claims, next_due_at, time_now, false AS again FROM bmdemo.claim_runs($1, $2)
      WHERE NOT EXISTS (SELECT 1 FROM bmdemo.limits)
    UNION ALL
    SELECT claims, next_due_at, time_now, again FROM bmdemo.claim_admitted($1, $2)
      WHERE EXISTS (SELECT 1 FROM bmdemo.limits)
    OFFSET 0
  ) AS c`;

/**
 * Gives due runs to an owner that is a member, each with its machine's next fence, as far as there is room for them where there are
 * limits; looks again where a scope became full on the way. Waits for nobody, but where there are limits for who takes or gives
 * back places in the same scopes.
 */
export async function claimRuns(
  database: Database,
  plans: BoundPlans,
  owner: string,
  limit: number,
): Promise<{ readonly claims: readonly Claimed[]; readonly nextDueAt: Millis | null }> {
  const claims: Claimed[] = [];
  /** What becomes due while this looks again is for the next claim: these must not wait until a burst is over. */
  let until: Millis | null = null;
  for (;;) {
    const values = [owner, limit - claims.length];
    const asked = database.query({ text: CLAIM, values, prepare: true, first: true });
    // What was found before is told also where the next look fails.
    const rows = claims.length === 0 ? await asked : await asked.catch(() => null);
    if (rows === null) return { claims, nextDueAt: until };
    const row = only(rows);
    claims.push(...(await claimedOf(database, plans, (row.claims ?? []) as readonly ClaimedRow[])));
    const [next, now] = [intOrNull(row, 'next_due_at'), int(row, 'time_now')];
    until ??= now;
    const left = next !== null && next <= until && claims.length < limit;
    if (left && bool(row, 'again')) continue;
    return { claims, nextDueAt: left ? now + LOCKED_AGAIN_MS : next };
  }
}

/** Gives a run up; true where it was this owner's, under this fence, and had not ended. */
export async function releaseClaim(database: Database, claim: Claim, owner: string): Promise<boolean> {
  const rows = await database.query({
    text: `UPDATE bmdemo.leases SET owner = NULL
           WHERE run_id = $1 AND owner = $2 AND fence = $3 AND due_at IS NOT NULL RETURNING run_id`,
    values: [claim.runId, owner, claim.fence],
    prepare: true,
  });
  return rows.length > 0;
}

/** The runs of an owner, those that have ended while their call goes on among them. */
export async function ownedRuns(database: Database, owner: string): Promise<readonly Claim[]> {
  const rows = await database.query({
    text: 'SELECT run_id, machine_id, fence FROM bmdemo.leases WHERE owner = $1 ORDER BY run_id',
    values: [owner],
    prepare: true,
  });
  return rows.map((row) => ({
    runId: text(row, 'run_id'),
    machineId: text(row, 'machine_id'),
    fence: int(row, 'fence'),
  }));
}

/** The runs of an owner that have ended while their call goes on. */
export async function stoppingRuns(database: Database, owner: string): Promise<readonly string[]> {
  const rows = await database.query({
    text: 'SELECT run_id FROM bmdemo.leases WHERE owner = $1 AND due_at IS NULL ORDER BY run_id',
    values: [owner],
    prepare: true,
  });
  return rows.map((row) => text(row, 'run_id'));
}

/** A server that the caller takes for dead, and the life that it showed last. */
export interface Suspect {
  readonly instance: string;
  readonly beat: number;
  /** Its lock is gone, or it has not renewed its lease. */
  readonly cause: 'lock' | 'lease';
}

/** What a reap did. */
export interface Reaped {
  /** The servers that were removed. */
  readonly removed: readonly string[];
  /** Runs that have ended while their call went on: the caller's now. */
  readonly claims: readonly Claim[];
  /** How many other runs became due. */
  readonly freed: number;
}

/** Removes suspects that have shown no life since, and frees what belongs to nobody who is there. */
export async function reapServers(
  database: Database,
  owner: string,
  lockClass: number,
  suspects: readonly Suspect[],
): Promise<Reaped> {
  const rows = await database.query({
    text: 'SELECT bmdemo.reap_servers($1, $2, $3) AS reaped',
    values: [owner, lockClass, jsonForSql(suspects)],
    prepare: true,
  });
  return only(rows).reaped as Reaped;
}
