import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Client as Channel, credentials } from '@grpc/grpc-js';
import { parseAddress } from '../../client/address.ts';
import { createClient, type ServiceClient } from '../../wire/bridge-client.ts';
import { describeError } from '../../wire/errors.ts';
import type { SendCommandRequestSchema, TourState } from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import { RemoteService } from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import type { TourClock } from '../clock.ts';
import { pause } from '../clock.ts';
import { tourSockets } from './socket.ts';

/** Where a notes screen looks for its tour. */
export type TourPlace =
  | { readonly kind: 'address'; readonly address: string }
  /** The newest tour of this user that answers. */
  | { readonly kind: 'directory'; readonly directory: string };

/** How a notes screen stands with its tour. */
export type FollowState =
  /** There is no tour, or none any more: it is waited for. */
  | { readonly kind: 'waiting'; readonly where: string }
  /** `at`: when this state of the tour came, in ms since 1970. */
  | { readonly kind: 'attached'; readonly address: string; readonly tour: TourState; readonly at: number };

/** How long to wait before a place is tried again, in milliseconds. */
const RETRY_MS = 1_000;

/** How long a command may take, in milliseconds. */
const COMMAND_MS = 5_000;

const CHANNEL_OPTIONS = {
  'grpc.enable_http_proxy': 0,
  'grpc.use_local_subchannel_pool': 1,
  // Through a tunnel, a tour that vanished without a word is noticed within 15 s.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
};

/** Follows a tour across its end and the beginning of the next one, and sends it commands. */
export class TourFollower {
  readonly #place: TourPlace;
  readonly #name: string;
  readonly #clock: TourClock;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<() => void>();
  #state: FollowState;
  #calls: ServiceClient<typeof RemoteService> | null = null;

  /** @param name what the notes screen calls itself */
  constructor(place: TourPlace, name: string, clock: TourClock) {
    this.#place = place;
    this.#name = name;
    this.#clock = clock;
    this.#state = { kind: 'waiting', where: whereOf(place) };
  }

  /** How it stands now. */
  get state(): FollowState {
    return this.#state;
  }

  /** Calls `listener` after every change, until the function that it answers is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows until it is closed. */
  async run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      for (const address of this.#addresses()) {
        await this.#follow(address, signal);
        if (signal.aborted) return;
      }
      this.#set({ kind: 'waiting', where: whereOf(this.#place) });
      await this.#change(signal);
    }
  }

  /** Sends a command; answers why it was not taken, as a sentence, empty if it was. */
  async send(request: MessageInitShape<typeof SendCommandRequestSchema>): Promise<string> {
    if (this.#calls === null || this.#state.kind !== 'attached') return 'there is no tour to send this to';
    try {
      const { signal } = this.#closing;
      const answer = await this.#calls.sendCommand(request, { signal, deadline: this.#clock.now() + COMMAND_MS });
      return answer.accepted ? '' : answer.message;
    } catch (error) {
      return `the tour did not answer: ${describeError(error).message}`;
    }
  }

  /** Ends it. */
  close(): void {
    this.#closing.abort();
    this.#listeners.clear();
  }

  #addresses(): readonly string[] {
    if (this.#place.kind === 'address') return [this.#place.address];
    return tourSockets(this.#place.directory).map((path) => `unix:${path}`);
  }

  /** Follows the tour at an address until it is gone; at once, if nobody is there. */
  async #follow(address: string, signal: AbortSignal): Promise<void> {
    const channel = new Channel(parseAddress(address).target, credentials.createInsecure(), CHANNEL_OPTIONS);
    const calls = createClient(RemoteService, channel);
    this.#calls = calls;
    try {
      for await (const { tour } of calls.watchTour({ client: this.#name }, { signal })) {
        if (tour !== undefined) this.#set({ kind: 'attached', address, tour, at: this.#clock.now() });
      }
    } catch {
      // It has ended, or was never there: another one is looked for.
    } finally {
      this.#calls = null;
      channel.close();
    }
  }

  /** Resolves when something may have changed: a socket came or went, or some time has passed. */
  async #change(signal: AbortSignal): Promise<void> {
    const changed = new AbortController();
    const either = AbortSignal.any([signal, changed.signal]);
    const watcher = this.#place.kind === 'directory' ? watchFolder(this.#place.directory, () => changed.abort()) : null;
    await pause(this.#clock, RETRY_MS, either);
    watcher?.close();
  }

  #set(state: FollowState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Tells of what comes and goes in a folder; null where it cannot be watched, and has to be looked at again after a time. */
function watchFolder(directory: string, told: () => void): FSWatcher | null {
  try {
    return watch(directory, told).on('error', () => {});
  } catch {
    return null; // It has gone, or the system has no watch to spare.
  }
}

function whereOf(place: TourPlace): string {
  return place.kind === 'address' ? place.address : place.directory;
}
