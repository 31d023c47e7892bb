import type { ServiceClient } from '../wire/bridge-client.ts';
import type { Event } from '../wire/gen/baremetal/v1/event_pb.ts';
import type { WatchEventsResponseSchema } from '../wire/gen/baremetal/v1/event_service_pb.ts';
import { EventService } from '../wire/gen/baremetal/v1/event_service_pb.ts';
import type { StreamSettings } from './resume.ts';
import { resuming } from './resume.ts';
import type { CallRoom } from './unary.ts';
import type { WatchRequest } from './watch.ts';

type WatchPlace = { filter: string; afterCursor: string };

/**
 * Watches the audit trail across losses, each row once. A watch needs a cursor to go on by, so that who has none begins
 * at the trail's end as `whereNow` tells it.
 */
export async function* watchEvents(
  calls: ServiceClient<typeof EventService>,
  whereNow: () => Promise<string>,
  { filter = '', afterCursor = '' }: WatchRequest,
  room: CallRoom,
  settings: StreamSettings,
): AsyncGenerator<Event, void, undefined> {
  let cursor = afterCursor === '' ? await whereNow() : afterCursor;
  const { metadata } = room;
  const responses = resuming<typeof WatchEventsResponseSchema, WatchPlace>(
    {
      method: EventService.method.watchEvents,
      place: () => ({ filter, afterCursor: cursor }),
      open: (place, signal) => calls.watchEvents(place, { signal, metadata }),
      accept: ({ event }) => {
        cursor = event?.cursor ?? cursor;
        return event !== undefined;
      },
      hasPlace: () => cursor !== '',
      forget: () => {
        cursor = '';
      },
      ends: false,
    },
    room,
    settings,
  );
  for await (const { event } of responses) if (event !== undefined) yield event;
}
