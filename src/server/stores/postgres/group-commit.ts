import type { Change, Claim, CommitResult } from '../../../core/ports/store.ts';
import type { ClaimedRow } from './claimed.ts';
import type { Database } from './database.ts';
import { jsonForSql } from './database.ts';
import { Gather } from './gather.ts';
import { only } from './rows.ts';

/** What bmdemo.commit_change answers; `lapsed` is no answer of the port. */
export type Answer =
  | {
      readonly kind: 'ok';
      readonly revision: number;
      readonly due: boolean;
      readonly stop: boolean;
      /** Whether a place that a run gave back is still free; absent where nobody looked. */
      readonly room?: boolean;
      /** The run that got it. */
      readonly next?: Claim | null;
    }
  | Exclude<CommitResult, { kind: 'ok' }>
  | { readonly kind: 'lapsed' };

/** Somebody holds a row that the change needs: it has to be made by itself, where only it waits. */
interface Busy {
  readonly kind: 'busy';
}

/** What became of a change, and what was read of the run that got its place. */
export interface GroupAnswer {
  readonly answer: Answer | Busy;
  readonly next: ClaimedRow | null;
}

/** Commits that wait together, as JSON, share a transaction; each takes effect, or does not, by itself. */
export type GroupCommit = Gather<string, GroupAnswer>;

const COMMIT = `
  SELECT c.answers, CASE WHEN jsonb_path_exists(c.answers, '$[*].next ? (@ != null)')
      THEN bmdemo.with_aggregates(jsonb_path_query_array(c.answers, '$[*].next ? (@ != null)')) END AS taken
  FROM (SELECT bmdemo.commit_each($1) AS answers OFFSET 0) AS c`;

/** Makes the way by which the commits of one server go together. */
export function createGroupCommit(database: Database): GroupCommit {
  return new Gather(async (changes) => {
    const row = only(
      await database.query({ text: COMMIT, values: [`[${changes.join(',')}]`], prepare: true, first: true }),
    );
    const taken = new Map(((row.taken ?? []) as readonly ClaimedRow[]).map((one) => [one.runId, one]));
    return (row.answers as readonly (Answer | Busy)[]).map((answer) => ({
      answer,
      next: (answer.kind === 'ok' && answer.next && taken.get(answer.next.runId)) || null,
    }));
  });
}

/** Makes a change in a transaction of its own, if what else it was decided on is as it was. */
export async function commitAlone(database: Database, change: string, basis: Change['basis']): Promise<Answer> {
  const statement =
    basis.length === 0
      ? { text: 'SELECT bmdemo.commit_change($1) AS answer', values: [change] }
      : { text: 'SELECT bmdemo.commit_on_basis($1, $2) AS answer', values: [change, jsonForSql(basis)] };
  return only(await database.query({ ...statement, prepare: true, first: true })).answer as Answer;
}

/**
 * Whether a change may share a transaction: what the owner of a run writes while the run goes on, and that it has ended. It takes
 * nothing that another machine could take, so that two groups never wait for each other in a circle.
 */
export function goesWithOthers({ guard, machine, runs, request, identities, raiseFenceOf, basis }: Change): boolean {
  if (guard === null || machine === null || request !== null || raiseFenceOf !== null) return false;
  if (identities.take.length > 0 || identities.release.length > 0) return false;
  if (basis.length > 0) return false;
  return runs.every(({ run }) => run.id === guard.runId && !run.stopping);
}
