import type { EventService } from '../../wire/gen/baremetal/v1/event_service_pb.ts';
import type { Handlers } from '../interceptors/call.ts';
import { notYet } from './answers.ts';

/** The audit trail. */
export function eventService(): Handlers<typeof EventService> {
  return {
    async listEvents() {
      throw notYet('ListEvents');
    },
    watchEvents() {
      throw notYet('WatchEvents');
    },
  };
}
