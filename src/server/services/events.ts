import type { MessageShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import type { CursorFault, EventPage, EventRange, Store } from '../../core/ports/store.ts';
import { RpcError } from '../../wire/errors.ts';
import type { ListEventsRequest } from '../../wire/gen/baremetal/v1/event_service_pb.ts';
import { ListEventsResponseSchema } from '../../wire/gen/baremetal/v1/event_service_pb.ts';
import { cursorRefused } from '../watch/event-reader.ts';
import { badField } from './answers.ts';
import type { ServiceContext } from './context.ts';
import type { Orders } from './lists.ts';
import { pageSize, readFilter, readOrder, readToken } from './lists.ts';
import { pageToken } from './page-token.ts';
import { readTime } from './times.ts';

const ORDERS: Orders<'ts'> = { fields: ['ts'], standard: { orderBy: 'ts', descending: false } };

/** A page of the audit trail. */
export async function listEvents(
  { store, hub }: Pick<ServiceContext, 'store' | 'hub'>,
  request: ListEventsRequest,
): Promise<MessageShape<typeof ListEventsResponseSchema>> {
  const limit = pageSize(request.pageSize);
  const { descending } = readOrder(request.orderBy, ORDERS);
  const range = readRange(request);
  const question = JSON.stringify(['event', range, descending]);
  const place = readToken(request.pageToken, question)?.id ?? null;
  const from = place === null ? {} : descending ? { before: place } : { after: place };
  const page = await store.events({ ...range, ...from, descending, limit });
  if ('kind' in page) throw place === null ? cursorRefused(page, BEGIN_WITHOUT) : pageRefused(page);
  const entries = await hub.entriesOf(page.events);
  return create(ListEventsResponseSchema, {
    events: entries.map((entry) => entry.audit()),
    nextPageToken: page.next === null ? '' : pageToken({ value: null, id: page.next }, question),
    totalSize: await countEvents(store, range, place === null ? page : null),
    cursor: page.end,
  });
}

const BEGIN_WITHOUT = 'list again without it, which begins with the earliest that is kept';

function readRange(request: ListEventsRequest): EventRange {
  const filter = readFilter(request.filter, 'event');
  const since = readTime('since', request.since, 'up');
  const until = readTime('until', request.until, 'up');
  if (since !== null && until !== null && since >= until) throw badField('until', 'must be later than since');
  return { filter, since, until, after: request.afterCursor === '' ? null : request.afterCursor, before: null };
}

/** Where the events of the next page are not kept any more. A token holds no place but one that this log gave. */
function pageRefused({ kind }: CursorFault): RpcError {
  if (kind === 'malformed') return badField('page_token', 'is not a token that this list gave');
  return new RpcError({
    code: 'OUT_OF_RANGE',
    reason: 'CURSOR_EXPIRED',
    message: 'the events of this page are not all kept any more; list again from the beginning',
  });
}

/** How many match; -1 where there are more than are counted. A first page that is also the last needs no other. */
async function countEvents(store: Store, range: EventRange, first: EventPage | null): Promise<number> {
  if (first !== null && first.next === null) return first.events.length;
  const count = await store.countEvents(range);
  // What was there for the page may be gone for the count.
  return typeof count === 'number' ? count : -1;
}
