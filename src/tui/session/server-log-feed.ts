import type { WatchServerLogResponse } from '../../wire/gen/baremetal/v1/server_service_pb.ts';
import { appendServerLog, emptyServerLog } from '../store/server-log.ts';
import type { ConsoleState } from '../store/state.ts';
import type { FeedRoom } from './list-feed.ts';
import { Pacer } from './pacer.ts';

/** Lines that come first, of those that were written before. */
const TAIL = 1_000;
/** Lines that wait to be shown; with more, who reads the stream waits, and the server leaves lines out and says how many. */
const MAX_PENDING = 1_000;

/** Follows the server's own log for as long as it is looked at. */
export class ServerLogFeed {
  readonly #room: FeedRoom;
  readonly #complain: (error: unknown) => void;
  readonly #pacer: Pacer;
  #pending: WatchServerLogResponse[] = [];
  #following: AbortController | undefined;

  constructor(room: FeedRoom, complain: (error: unknown) => void) {
    this.#room = room;
    this.#complain = complain;
    this.#pacer = new Pacer(
      () => this.#flush(),
      () => this.#pending.length > 0,
    );
  }

  /** Looks whether the log is shown, and follows it if so, from its last lines on. */
  look({ ui }: ConsoleState): void {
    const wanted = ui.place === 'server-log';
    if (wanted === (this.#following !== undefined)) return;
    this.#following?.abort();
    this.#following = undefined;
    this.#pending = [];
    if (!wanted) return;
    this.#following = new AbortController();
    this.#room.store.setState({ serverLog: emptyServerLog() });
    void this.#follow(this.#following.signal);
  }

  /** Follows nothing any more. */
  close(): void {
    this.#following?.abort();
    this.#pacer.close();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    try {
      for await (const message of this.#room.backend.watchServerLog(TAIL, signal)) {
        if (signal.aborted) return;
        this.#pending.push(message);
        this.#pacer.schedule();
        if (this.#pending.length >= MAX_PENDING) await this.#pacer.handed;
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#complain(error);
      this.#room.store.setState(({ serverLog }) => ({ serverLog: { ...serverLog, open: false } }));
    }
  }

  #flush(): void {
    const messages = this.#pending;
    this.#pending = [];
    this.#room.store.setState(({ serverLog }) => ({ serverLog: appendServerLog(serverLog, messages) }));
  }
}
