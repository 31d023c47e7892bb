import type { Change, CommitResult } from '../../../core/ports/store.ts';
import type { Database } from './database.ts';
import { jsonForSql } from './database.ts';
import { Gather } from './gather.ts';
import { only } from './rows.ts';

/** What bmdemo.commit_change answers; `lapsed` is no answer of the port. */
export type Answer =
  | { readonly kind: 'ok'; readonly revision: number; readonly due: boolean; readonly stop: boolean }
  | Exclude<CommitResult, { kind: 'ok' }>
  | { readonly kind: 'lapsed' };

/** Somebody holds a row that the change needs: it has to be made by itself, where only it waits. */
interface Busy {
  readonly kind: 'busy';
}

/** Commits that wait together, as JSON, share a transaction; each takes effect, or does not, by itself. */
export type GroupCommit = Gather<string, Answer | Busy>;

/** Makes the way by which the commits of one server go together. */
export function createGroupCommit(database: Database): GroupCommit {
  return new Gather(async (changes) => {
    const [first, ...others] = changes;
    if (first !== undefined && others.length === 0) return [await commitAlone(database, first, [])];
    const rows = await database.query({
      text: 'SELECT bmdemo.commit_each($1) AS answers',
      values: [`[${changes.join(',')}]`],
      prepare: true,
      first: true,
    });
    return only(rows).answers as readonly (Answer | Busy)[];
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
  return runs.every(({ run }) => !run.stopping);
}
