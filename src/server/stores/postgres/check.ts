import type { Identity, Machine } from '../../../core/domain/machine.ts';
import type { CheckedEvent, CheckedMachine, CheckedRun } from '../shared/check.ts';
import { columnsOfMachine, columnsOfRun, scopeFault, violationsOf } from '../shared/check.ts';
import type { Queryable, SqlRow } from './database.ts';
import { inspect } from './inspect.ts';
import { bool, int, intOrNull, parseMachine, parseRun, text, textOrNull } from './rows.ts';

/** Machines looked at together. */
const FETCH = 100;

const MACHINES = `
  SELECT a.machine_id, m.*, a.machine_id AS id, coalesce(f.fence, 0) AS machine_fence,
    CASE WHEN e.kind = 'DELETED' THEN NULL ELSE coalesce(e.after, b.image) END AS folded
  FROM (SELECT machine_id FROM bmdemo.aggregates WHERE machine_id > $1 ORDER BY machine_id LIMIT ${FETCH}) AS a
  LEFT JOIN bmdemo.machines AS m USING (machine_id)
  LEFT JOIN bmdemo.fences AS f USING (machine_id)
  LEFT JOIN LATERAL (
    SELECT kind, after FROM bmdemo.events WHERE machine_id = a.machine_id AND subject = 'machine'
    ORDER BY at DESC, epoch DESC, xid DESC, number DESC LIMIT 1
  ) AS e ON true
  LEFT JOIN bmdemo.baselines AS b ON b.subject = 'machine' AND b.id = a.machine_id
  ORDER BY a.machine_id`;

const EVENTS = `SELECT machine_id, run_id, kind, revision, at FROM bmdemo.events
  WHERE machine_id = ANY ($1::text[]) ORDER BY machine_id, epoch, xid, number`;

const RUNS = `
  SELECT r.*, l.owner, coalesce(l.fence, 0) AS fence, l.due_at, q.run_id IS NOT DISTINCT FROM r.run_id AS requested,
    coalesce(e.after, b.image) AS folded
  FROM bmdemo.runs AS r
  LEFT JOIN bmdemo.leases AS l USING (run_id)
  LEFT JOIN bmdemo.requests AS q ON q.run_id = r.run_id
  LEFT JOIN LATERAL (
    SELECT after FROM bmdemo.events WHERE run_id = r.run_id AND run_id <> ''
    ORDER BY at DESC, epoch DESC, xid DESC, number DESC LIMIT 1
  ) AS e ON true
  LEFT JOIN bmdemo.baselines AS b ON b.subject = 'run' AND b.id = r.run_id
  WHERE r.machine_id = ANY ($1::text[]) ORDER BY r.run_id`;

const BASELINES = 'SELECT machine_id, subject, id, revision FROM bmdemo.baselines WHERE machine_id = ANY ($1::text[])';
const IDENTITIES = 'SELECT machine_id, kind, value FROM bmdemo.identities WHERE machine_id = ANY ($1::text[])';

/**
 * Everything that is wrong with the store in a database, as of one moment, a sentence each.
 *
 * @param tell told each violation as it is found
 * @throws StoreUnusable where the database cannot be looked at
 */
export function checkDatabase(url: string, tell: (violation: string) => void): Promise<void> {
  return inspect(url, async (moment) => {
    for (let last = ''; ; ) {
      const rows = await moment.query({ text: MACHINES, values: [last] });
      for (const machine of await machinesOf(moment, rows)) {
        for (const violation of violationsOf(machine)) tell(violation);
      }
      last = text(rows.at(-1) ?? {}, 'id');
      if (rows.length < FETCH) break;
    }
    for (const violation of await scopeFaults(moment)) tell(violation);
    for (const table of ['runs', 'identities', 'requests', 'baselines']) {
      const strays = await moment.query({
        text: `SELECT DISTINCT machine_id FROM bmdemo.${table} AS one WHERE machine_id <> ''
               AND NOT EXISTS (SELECT 1 FROM bmdemo.aggregates WHERE machine_id = one.machine_id) LIMIT 100`,
      });
      for (const row of strays) tell(`${table}: there never was a machine ${text(row, 'machine_id')}`);
    }
  });
}

/** Counters of places that are not as many as runs have. */
async function scopeFaults(moment: Queryable): Promise<readonly string[]> {
  const rows = await moment.query({
    text: `SELECT scope, used, (SELECT count(*) FROM bmdemo.leases AS l WHERE s.scope = ANY (l.slots))::integer AS held
           FROM bmdemo.scopes AS s ORDER BY scope`,
  });
  return rows.flatMap((row) => scopeFault(text(row, 'scope'), int(row, 'used'), int(row, 'held')) ?? []);
}

async function machinesOf(moment: Queryable, rows: readonly SqlRow[]): Promise<readonly CheckedMachine[]> {
  const values = [rows.map((row) => text(row, 'id'))];
  const of = async (query: string) =>
    Map.groupBy(await moment.query({ text: query, values }), (row) => text(row, 'machine_id'));
  const [events, runs, baselines, identities] = [
    await of(EVENTS),
    await of(RUNS),
    await of(BASELINES),
    await of(IDENTITIES),
  ];
  return rows.map((row) => {
    const id = text(row, 'id');
    const machine = machineIn(row, 'image');
    return {
      id,
      machine,
      columns: machine === null ? null : pick(row, Object.keys(columnsOfMachine(machine))),
      folded: machineIn(row, 'folded'),
      fence: int(row, 'machine_fence'),
      events: (events.get(id) ?? []).map(eventOf),
      baselines: new Map(
        (baselines.get(id) ?? []).map((one) => [
          text(one, 'subject') === 'run' ? text(one, 'id') : '',
          int(one, 'revision'),
        ]),
      ),
      runs: (runs.get(id) ?? []).map(runOf),
      identities: (identities.get(id) ?? []).map((one) => ({
        kind: text(one, 'kind') as Identity['kind'],
        value: text(one, 'value'),
      })),
    };
  });
}

function machineIn(row: SqlRow, column: string): Machine | null {
  const image = textOrNull(row, column);
  return image === null ? null : parseMachine(image);
}

function eventOf(row: SqlRow): CheckedEvent {
  return { runId: text(row, 'run_id'), kind: text(row, 'kind'), revision: int(row, 'revision'), at: int(row, 'at') };
}

function runOf(row: SqlRow): CheckedRun {
  const run = parseRun(text(row, 'image'));
  const folded = textOrNull(row, 'folded');
  return {
    run,
    columns: pick(row, Object.keys(columnsOfRun(run))),
    folded: folded === null ? null : parseRun(folded),
    owner: textOrNull(row, 'owner'),
    fence: int(row, 'fence'),
    dueAt: intOrNull(row, 'due_at'),
    requested: bool(row, 'requested'),
  };
}

function pick(row: SqlRow, names: readonly string[]): CheckedRun['columns'] {
  return Object.fromEntries(
    names.map((name) => {
      const value = row[name];
      return [
        name,
        typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null,
      ];
    }),
  );
}
