import type { ServiceClient } from '../wire/bridge-client.ts';
import type {
  LogLevel,
  WatchServerLogResponse,
  WatchServerLogResponseSchema,
} from '../wire/gen/baremetal/v1/server_service_pb.ts';
import { ServerService } from '../wire/gen/baremetal/v1/server_service_pb.ts';
import type { StreamSettings } from './resume.ts';
import { resuming } from './resume.ts';
import type { CallRoom } from './unary.ts';

/** Which part of the server's log. */
export interface ServerLogRequest {
  /** How many of the last lines come first. */
  readonly tail: number;
  /** No line below this level; the server's own choice (info) if not given. */
  readonly minLevel?: LogLevel | undefined;
}

type ServerLogPlace = { tail: number; minLevel: LogLevel };

/**
 * The server's own log across losses: the last lines, then those to come. Its lines have no numbers, so after a loss the last
 * ones come again, and those that were given out before, by their times, are left out. Where more was written meanwhile than
 * `tail`, the first of it is missing.
 */
export function watchServerLog(
  calls: ServiceClient<typeof ServerService>,
  { tail, minLevel = 0 }: ServerLogRequest,
  room: CallRoom,
  settings: StreamSettings,
): AsyncGenerator<WatchServerLogResponse, void, undefined> {
  const { metadata } = room;
  const given = new GivenOut();
  return resuming<typeof WatchServerLogResponseSchema, ServerLogPlace>(
    {
      method: ServerService.method.watchServerLog,
      place: () => ({ tail, minLevel }),
      open: (place, signal) => {
        given.comesAgain();
        return calls.watchServerLog(place, { signal, metadata });
      },
      accept: (message) => given.accept(message),
      hasPlace: () => true,
      forget: () => {},
      ends: false,
    },
    room,
    settings,
  );
}

/** What was given out last, by which a line that comes again is known. */
class GivenOut {
  #last: bigint | undefined;
  /** The lines of the last moment: several may have been written in it. */
  readonly #atLast = new Set<string>();
  #comingAgain = false;

  comesAgain(): void {
    this.#comingAgain = this.#last !== undefined;
  }

  /** Takes note of a line; false where it was given out before. */
  accept({ entry }: WatchServerLogResponse): boolean {
    if (entry === undefined) return false;
    const at = (entry.ts?.seconds ?? 0n) * 1_000_000_000n + BigInt(entry.ts?.nanos ?? 0);
    const line = JSON.stringify([entry.level, entry.component, entry.message, entry.fields]);
    if (this.#comingAgain) {
      if (this.#last !== undefined && (at < this.#last || (at === this.#last && this.#atLast.has(line)))) return false;
      // The first new one: from here on a clock that is set back loses nothing.
      this.#comingAgain = false;
    }
    if (at !== this.#last) this.#atLast.clear();
    this.#last = at;
    this.#atLast.add(line);
    return true;
  }
}
