import type { AdmissionLimit, AdmissionQueue } from '../../../core/domain/admission.ts';
import { queueOf } from '../../../core/domain/admission.ts';
import type { Database } from './database.ts';
import { jsonForSql } from './database.ts';
import { bool, int, text } from './rows.ts';

/** The most runs of which a queue tells. */
const MAX_QUEUED = 10_000;

/** The limits that hold. */
export async function limitsOf(database: Database): Promise<readonly AdmissionLimit[]> {
  const rows = await database.query({
    text: 'SELECT kind, name, most FROM bmdemo.limits ORDER BY kind, name',
    values: [],
    prepare: true,
  });
  return rows.map((row) => ({
    kind: text(row, 'kind') as AdmissionLimit['kind'],
    name: text(row, 'name'),
    most: int(row, 'most'),
  }));
}

/** Sets the limits for every server, and counts anew. Claims and commits wait meanwhile. */
export async function setLimits(database: Database, limits: readonly AdmissionLimit[]): Promise<void> {
  await database.query({ text: 'SELECT bmdemo.set_limits($1)', values: [jsonForSql(limits)] });
}

/** Who has places, and who waits for one. */
export async function queueIn(database: Database): Promise<AdmissionQueue> {
  const limits = await limitsOf(database);
  const scopes = await database.query({
    text: 'SELECT scope, most, used FROM bmdemo.scopes WHERE used > 0 ORDER BY scope',
    values: [],
    prepare: true,
  });
  const waiting = await database.query({
    text: `SELECT l.run_id, l.slots IS NOT NULL AS placed, m.cluster, m.provider, m.rack
           FROM bmdemo.leases AS l JOIN bmdemo.machines AS m ON m.machine_id = l.machine_id
           WHERE l.owner IS NULL AND l.due_at <= bmdemo.now_ms()
           ORDER BY l.due_at, l.created_at, l.run_id LIMIT $1`,
    values: [MAX_QUEUED],
    prepare: true,
  });
  const taken = scopes.map((row) => ({ scope: text(row, 'scope'), most: int(row, 'most'), used: int(row, 'used') }));
  const queued = waiting.map((row) => ({
    runId: text(row, 'run_id'),
    placement: { cluster: text(row, 'cluster'), provider: text(row, 'provider'), rack: text(row, 'rack') },
    placed: bool(row, 'placed'),
  }));
  return queueOf(limits, taken, queued);
}
