import type { EventService } from '../../wire/gen/baremetal/v1/event_service_pb.ts';
import type { Handlers } from '../interceptors/call.ts';
import { watchEvents } from '../watch/watch.ts';
import type { ServiceContext } from './context.ts';
import { listEvents } from './events.ts';
import { readFilter } from './lists.ts';

/** The audit trail. */
export function eventService(context: ServiceContext): Handlers<typeof EventService> {
  const { hub } = context;
  return {
    listEvents: (request) => listEvents(context, request),
    watchEvents: ({ filter, afterCursor }, { signal }) =>
      watchEvents(hub, { filter: readFilter(filter, 'event'), afterCursor, signal }),
  };
}
