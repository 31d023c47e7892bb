import type { DescMessage, DescMethod, MessageShape } from '@bufbuild/protobuf';
import type { CallOptions } from '../wire/bridge-client.ts';
import type { StreamSettings } from './resume.ts';
import { resuming } from './resume.ts';
import type { CallRoom } from './unary.ts';

/** What to watch, and from where on. */
export interface WatchRequest {
  /** As in the lists; everything if not given. */
  readonly filter?: string | undefined;
  /** Begins right behind the message that had this cursor; with the present state if not given. */
  readonly afterCursor?: string | undefined;
}

/** The request of a watch, as all of them have it. */
type WatchInit = { filter: string; afterCursor: string };

/**
 * Watches across losses: each time it goes on by the last cursor, so that nothing is missing and nothing comes twice.
 * A loss before the opening snapshot was complete, or a cursor that has expired, begins anew and says so.
 */
export function watch<O extends DescMessage>(
  method: DescMethod & { readonly output: O },
  open: (request: WatchInit, options: CallOptions) => AsyncIterable<MessageShape<O>>,
  { filter = '', afterCursor = '' }: WatchRequest,
  room: CallRoom,
  settings: StreamSettings,
): AsyncGenerator<MessageShape<O>, void, undefined> {
  let cursor = afterCursor;
  const { metadata } = room;
  return resuming<O, WatchInit>(
    {
      method,
      place: () => ({ filter, afterCursor: cursor }),
      open: (place, signal) => open(place, { signal, metadata }),
      accept: (message) => {
        if ('cursor' in message && typeof message.cursor === 'string' && message.cursor !== '') cursor = message.cursor;
        return true;
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
}
