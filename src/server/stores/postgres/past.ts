import { matches, pinned } from '../../../core/domain/filter.ts';
import { machineView } from '../../../core/domain/machine.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { BeforeHistory, ListQuery, MachineOrder, Page, PageKey, PastMachine } from '../../../core/ports/store.ts';
import { MAX_SCANNED } from '../shared/limits.ts';
import { comparePlaces, MACHINE_SORT } from '../shared/sort.ts';
import type { Database, Queryable } from './database.ts';
import { earliestTime } from './events.ts';
import { parseMachine, parseRun, text, textOrNull } from './rows.ts';

/** Machines read at once. */
const FETCH = 500;

/** Machines that there ever were, or one of them, each with the last event up to a time, or else its baseline. */
const machinesSql = (which: 'all' | 'one') => `
  SELECT a.machine_id, CASE WHEN e.kind = 'DELETED' THEN NULL ELSE coalesce(e.after, b.image) END AS image
  FROM (
    SELECT machine_id FROM bmdemo.aggregates WHERE machine_id > $2 ${which === 'one' ? 'AND machine_id = $3' : ''}
    ORDER BY machine_id LIMIT ${FETCH}
  ) AS a
  LEFT JOIN LATERAL (
    SELECT kind, after FROM bmdemo.events
    WHERE machine_id = a.machine_id AND subject = 'machine' AND at <= $1
    ORDER BY at DESC, epoch DESC, xid DESC, number DESC LIMIT 1
  ) AS e ON true
  LEFT JOIN bmdemo.baselines AS b ON b.subject = 'machine' AND b.id = a.machine_id
  ORDER BY a.machine_id`;

const ALL_MACHINES = machinesSql('all');
const ONE_MACHINE = machinesSql('one');

/** The same for runs by their ids. */
const RUNS = `
  SELECT wanted.run_id, coalesce(e.after, b.image) AS image
  FROM unnest($2::text[]) AS wanted(run_id)
  LEFT JOIN LATERAL (
    SELECT after FROM bmdemo.events WHERE run_id = wanted.run_id AND run_id <> '' AND at <= $1
    ORDER BY at DESC, epoch DESC, xid DESC, number DESC LIMIT 1
  ) AS e ON true
  LEFT JOIN bmdemo.baselines AS b ON b.subject = 'run' AND b.id = wanted.run_id`;

/**
 * A page of the machines that there were at a time. By id it reads no more than it gives, and at most `MAX_SCANNED` that do not
 * match; there is no index of the past, so that any other order reads all of them for each page.
 */
export async function machinesAsOf(
  database: Database,
  at: Millis,
  query: ListQuery<MachineOrder>,
): Promise<Page<PastMachine> | BeforeHistory> {
  const moment = await database.beginRead();
  try {
    const earliest = await earliestTime(moment);
    if (at < earliest) return { kind: 'before-history', earliest };
    const byId = query.orderBy === 'machine_id' && !query.descending;
    return byId ? await pageById(moment, at, query) : await sortedPage(moment, at, query);
  } finally {
    await moment.end();
  }
}

async function pageById(moment: Queryable, at: Millis, query: ListQuery<MachineOrder>): Promise<Page<PastMachine>> {
  const { filter, limit, after } = query;
  const rows: PastMachine[] = [];
  let missed = 0;
  let last = after;
  for await (const past of pastMachines(moment, at, query, after?.id ?? '')) {
    if (rows.length >= limit || missed >= MAX_SCANNED) return { rows, next: last };
    last = placeOf(past, 'machine_id');
    if (matches(filter, machineView(past.machine))) rows.push(past);
    else missed += 1;
  }
  return { rows, next: null };
}

async function sortedPage(moment: Queryable, at: Millis, query: ListQuery<MachineOrder>): Promise<Page<PastMachine>> {
  const { filter, orderBy, descending, limit, after } = query;
  const direction = descending ? -1 : 1;
  const compare = (a: PageKey, b: PageKey) => direction * comparePlaces(a.value, a.id, b.value, b.id);
  const byPlace = (a: PastMachine, b: PastMachine) => compare(placeOf(a, orderBy), placeOf(b, orderBy));
  let first: PastMachine[] = [];
  for await (const past of pastMachines(moment, at, query, '')) {
    if (!matches(filter, machineView(past.machine))) continue;
    if (after !== null && compare(placeOf(past, orderBy), after) <= 0) continue;
    first.push(past);
    // One more than the page tells whether there is a next one; sorting now and then keeps the rest from piling up.
    if (first.length > 4 * limit + 1_000) first = first.sort(byPlace).slice(0, limit + 1);
  }
  const rows = first.sort(byPlace).slice(0, limit);
  const last = rows.at(-1);
  return { rows, next: first.length > limit && last !== undefined ? placeOf(last, orderBy) : null };
}

/** The machines of a moment in the order of their ids, those behind an id; an empty one is before all. */
async function* pastMachines(
  moment: Queryable,
  at: Millis,
  { filter }: ListQuery<MachineOrder>,
  behind: string,
): AsyncGenerator<PastMachine> {
  const one = pinned(filter, 'machine_id');
  for (let last = behind; ; ) {
    const rows = await moment.query(
      one === null ? { text: ALL_MACHINES, values: [at, last] } : { text: ONE_MACHINE, values: [at, last, one] },
    );
    const machines = rows.flatMap((row) => textOrNull(row, 'image') ?? []).map(parseMachine);
    const runIdOf = (machine: PastMachine['machine']) => machine.activeRunId ?? machine.stoppingRunId;
    const runs = await runsAsOf(
      moment,
      at,
      machines.flatMap((machine) => runIdOf(machine) ?? []),
    );
    for (const machine of machines) yield { machine, run: runs.get(runIdOf(machine) ?? '') ?? null };
    if (rows.length < FETCH) return;
    last = text(rows.at(-1) ?? {}, 'machine_id');
  }
}

async function runsAsOf(
  moment: Queryable,
  at: Millis,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, PastMachine['run']>> {
  if (runIds.length === 0) return new Map();
  const rows = await moment.query({ text: RUNS, values: [at, runIds] });
  return new Map(
    rows.map((row) => {
      const image = textOrNull(row, 'image');
      return [text(row, 'run_id'), image === null ? null : parseRun(image)];
    }),
  );
}

function placeOf({ machine }: PastMachine, orderBy: MachineOrder): PageKey {
  return { value: MACHINE_SORT[orderBy](machine), id: machine.id };
}

/** Every statement that reads the past, for a test that looks at how each is carried out. */
export const PAST_STATEMENTS: readonly string[] = [ALL_MACHINES, ONE_MACHINE, RUNS];
