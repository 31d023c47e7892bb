import { matches } from '../../../core/domain/filter.ts';
import { machineView } from '../../../core/domain/machine.ts';
import type { ListQuery, MachineOrder, Page, PageKey, PastMachine } from '../../../core/ports/store.ts';
import { MAX_SCANNED } from './limits.ts';
import { comparePlaces, MACHINE_SORT } from './sort.ts';

/** Reads the machines of a moment in the order of their ids, those behind an id; an empty one is before all. */
export type ReadPast = (behind: string) => Iterable<PastMachine>;

/**
 * A page of the machines of a moment. By id it reads no more than it gives, and at most `MAX_SCANNED` that do not match; there
 * is no index of the past, so that any other order reads all of them for each page.
 */
export function pageOfPast(read: ReadPast, query: ListQuery<MachineOrder>): Page<PastMachine> {
  return query.orderBy === 'machine_id' && !query.descending ? pageById(read, query) : sortedPage(read, query);
}

function pageById(read: ReadPast, { filter, limit, after }: ListQuery<MachineOrder>): Page<PastMachine> {
  const rows: PastMachine[] = [];
  let missed = 0;
  let last = after;
  for (const past of read(after?.id ?? '')) {
    if (rows.length >= limit || missed >= MAX_SCANNED) return { rows, next: last };
    last = placeOf(past, 'machine_id');
    if (matches(filter, machineView(past.machine))) rows.push(past);
    else missed += 1;
  }
  return { rows, next: null };
}

function sortedPage(read: ReadPast, query: ListQuery<MachineOrder>): Page<PastMachine> {
  const { filter, orderBy, descending, limit, after } = query;
  const direction = descending ? -1 : 1;
  const compare = (a: PageKey, b: PageKey) => direction * comparePlaces(a.value, a.id, b.value, b.id);
  const byPlace = (a: PastMachine, b: PastMachine) => compare(placeOf(a, orderBy), placeOf(b, orderBy));
  let first: PastMachine[] = [];
  for (const past of read('')) {
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

function placeOf({ machine }: PastMachine, orderBy: MachineOrder): PageKey {
  return { value: MACHINE_SORT[orderBy](machine), id: machine.id };
}
