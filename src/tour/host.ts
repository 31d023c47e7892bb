import type { Client } from '../client/client.ts';

/** What became of an import. */
export interface Imported {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** What a server left behind. */
export interface ServerEnd {
  readonly runsLost: number;
  readonly machinesLost: number;
}

/** What the tour asks of the program around it: the server that it shows, and what is the program's own knowledge. */
export interface TourHost {
  /** False: the server is somebody else's, which is neither started nor stopped. */
  readonly ownServer: boolean;
  /**
   * Starts the tour's server with a fresh store, or reaches the one that is there, and answers a client of it, which the
   * tour closes. Rejects with one sentence for people.
   */
  start(signal: AbortSignal): Promise<Client>;
  /** Stops the tour's own server. */
  stop(): Promise<ServerEnd>;
  /** While it is on, the machines of the tour's own server take no time. */
  hurry(on: boolean): void;
  /** Registers demo machines 1 to `count`. */
  importMachines(client: Client, count: number, signal: AbortSignal): Promise<Imported>;
  /** A word that no request id before it held. */
  newId(): string;
}
