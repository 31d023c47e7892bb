import { ADMISSION } from './schema/admission.ts';
import { APPEND_LOGS } from './schema/append-logs.ts';
import { CLAIM_AFRESH } from './schema/claim-afresh.ts';
import { claimRuns } from './schema/claim-runs.ts';
import { COMMIT_CHANGE } from './schema/commit-change.ts';
import { COMMIT_EACH } from './schema/commit-each.ts';
import { COMMIT_ON_BASIS } from './schema/commit-on-basis.ts';
import { HAND_OVER } from './schema/hand-over.ts';
import { REAP_SERVERS } from './schema/reap-servers.ts';
import { SWEEP } from './schema/sweep.ts';
import { TABLES } from './schema/tables.ts';

/** One step of the schema; never edited once it was released, because its checksum is kept in every database. */
export interface Migration {
  readonly number: number;
  readonly sql: string;
}

/** All steps, in order. */
export const MIGRATIONS: readonly Migration[] = [
  { number: 1, sql: [TABLES, COMMIT_CHANGE, claimRuns('CREATE', '', ''), REAP_SERVERS, APPEND_LOGS, SWEEP].join('\n') },
  { number: 2, sql: ADMISSION },
  { number: 3, sql: COMMIT_ON_BASIS },
  { number: 4, sql: COMMIT_EACH },
  { number: 5, sql: HAND_OVER },
  { number: 6, sql: CLAIM_AFRESH },
];
