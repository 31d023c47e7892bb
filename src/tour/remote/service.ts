import type { MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import type { CallContext, ServiceHandlers } from '../../wire/bridge-server.ts';
import { RpcError } from '../../wire/errors.ts';
import type { RemoteService, SendCommandRequest } from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import { SendCommandResponseSchema, WatchTourResponseSchema } from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import type { Director } from '../director/director.ts';
import { commandOfMessage } from './command-message.ts';
import { stateMessage } from './state-message.ts';

/** So many notes screens may be attached at the same time. */
const MOST_WATCHERS = 50;

/** The size of a screen, in cells. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Serves a tour to its notes screens. A slow one gets the newest state and misses those between. */
export class TourService implements ServiceHandlers<typeof RemoteService> {
  readonly #director: Director;
  readonly #screen: () => ScreenSize;
  readonly #onWatchers: (count: number) => void;
  /** Wakes those who wait for the next state. */
  #changed = Promise.withResolvers<void>();
  #revision = 1;
  #watchers = 0;

  /**
   * @param screen the audience's screen, as it is now
   * @param onWatchers told how many notes screens are attached, after each change
   */
  constructor(director: Director, screen: () => ScreenSize, onWatchers: (count: number) => void) {
    this.#director = director;
    this.#screen = screen;
    this.#onWatchers = onWatchers;
    director.subscribe(() => this.#change());
  }

  async *watchTour(_request: object, { signal }: CallContext) {
    if (this.#watchers >= MOST_WATCHERS) {
      throw new RpcError({
        code: 'RESOURCE_EXHAUSTED',
        reason: 'TOO_MANY_REQUESTS',
        message: `${MOST_WATCHERS} notes screens are attached already; close one of them`,
      });
    }
    this.#attached(1);
    try {
      for (let told = 0; !signal.aborted; ) {
        if (told === this.#revision) await this.#next(signal);
        if (signal.aborted) return;
        told = this.#revision;
        yield create(WatchTourResponseSchema, { tour: this.#state() });
      }
    } finally {
      this.#attached(-1);
    }
  }

  async sendCommand(request: SendCommandRequest): Promise<MessageShape<typeof SendCommandResponseSchema>> {
    const command = commandOfMessage(request);
    if (command === undefined) {
      return create(SendCommandResponseSchema, { accepted: false, message: `there is no command ${request.command}` });
    }
    const message = this.#director.command(command);
    return create(SendCommandResponseSchema, { accepted: message === '', message });
  }

  #state(): MessageInitShape<typeof WatchTourResponseSchema>['tour'] {
    return stateMessage(this.#director.moment, {
      revision: this.#revision,
      screen: this.#screen(),
      remotes: this.#watchers,
      now: Date.now(),
    });
  }

  #attached(by: 1 | -1): void {
    this.#watchers += by;
    this.#onWatchers(this.#watchers);
    this.#change();
  }

  #change(): void {
    this.#revision += 1;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Resolves with the next change, or with the end of the call. */
  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      void this.#changed.promise.then(done);
    });
  }
}
