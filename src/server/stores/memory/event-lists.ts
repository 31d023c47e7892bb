import type { Filter } from '../../../core/domain/filter.ts';
import { matches, pinned } from '../../../core/domain/filter.ts';
import { eventView } from '../../../core/ports/event-view.ts';
import type { CursorFault, EventPage, EventQuery, EventRange, StoredEvent } from '../../../core/ports/store.ts';
import { MAX_COUNTED, MAX_SCANNED } from '../shared/limits.ts';
import type { EventLog } from './events.ts';

/** A page of the audit trail. */
export function listEvents(log: EventLog, query: EventQuery): EventPage | CursorFault {
  const numbers = numbersOf(log, query);
  if ('kind' in numbers) return numbers;
  const { first, last } = numbers;
  const step = query.descending ? -1 : 1;
  const isOutside = outside(query);
  const events: StoredEvent[] = [];
  let missed = 0;
  for (let number = query.descending ? last : first; number >= first && number <= last; number += step) {
    const event = log.at(number);
    // Looking costs next to nothing, and is what an index would spare.
    if (isOutside(event)) continue;
    if (events.length >= query.limit || missed >= MAX_SCANNED) {
      return { events, next: log.cursor(query.descending ? number + 1 : number - 1), end: log.head() };
    }
    if (matches(query.filter, eventView(event))) events.push(event);
    else missed += 1;
  }
  return { events, next: null, end: log.head() };
}

/** How many events match; -1 above `MAX_COUNTED`, or where more than `MAX_SCANNED` that do not match would be read. */
export function countEvents(log: EventLog, range: EventRange): number | CursorFault {
  const page = listEvents(log, { ...range, descending: false, limit: MAX_COUNTED + 1 });
  if ('kind' in page) return page;
  return page.next === null && page.events.length <= MAX_COUNTED ? page.events.length : -1;
}

/** The numbers that are kept of a range. A place that was passed is no mistake where the range ends there: there is no more. */
function numbersOf(
  log: EventLog,
  { after, before }: EventRange,
): { readonly first: number; readonly last: number } | CursorFault {
  const from = after === null ? log.swept : log.place(after);
  if (typeof from !== 'number') return from;
  if (from < log.swept) return { kind: 'expired' };
  const to = before === null ? log.last + 1 : log.place(before);
  if (typeof to !== 'number') return to;
  return { first: Math.max(from, log.swept) + 1, last: to - 1 };
}

function outside({ filter, since, until }: EventRange): (event: StoredEvent) => boolean {
  const earliest = since ?? Number.NEGATIVE_INFINITY;
  const end = until ?? Number.POSITIVE_INFINITY;
  const differs = differsFrom(filter);
  return (event) => event.at < earliest || event.at >= end || differs(event);
}

/** True for events of another machine, run or request than the filter names. */
function differsFrom(filter: Filter): (event: StoredEvent) => boolean {
  const machineId = pinned(filter, 'machine_id');
  const runId = pinned(filter, 'run_id');
  const requestId = pinned(filter, 'request_id');
  return (event) =>
    (machineId !== null && event.machineId !== machineId) ||
    (runId !== null && event.runId !== runId) ||
    (requestId !== null && event.requestId !== requestId);
}
