import type { Client } from '../client/client.ts';

/** What became of an import. */
export interface Imported {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** A file of the walk. */
export interface WalkFile {
  readonly name: string;
  readonly text: string;
}

/** What became of one machine of a file. */
export interface ImportedRow {
  /** From 1. */
  readonly line: number;
  readonly machineId: string;
  /** In a word: `new`, `changed`, `unchanged`, `refused`. */
  readonly outcome: string;
  /** What has changed, or why it was refused. */
  readonly note: string;
}

/** What became of a file of machines. */
export interface ImportedFile {
  readonly rows: readonly ImportedRow[];
  /** How many there are of each outcome, in words. */
  readonly summary: string;
}

/** Where a server keeps what it knows: in its process, or in a file that outlives it. */
export type KeptIn = 'memory' | 'file';

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
   * Starts the tour's server with a fresh store, or reaches the one that is there, whatever its store is, and answers a
   * client of it, which the tour closes. Rejects with one sentence for people.
   */
  start(keptIn: KeptIn, signal: AbortSignal): Promise<Client>;
  /**
   * Stops the tour's own server without waiting for what it does, and starts it again with the same store. What the walk's
   * faults have made stand still on these machines was held up by the server that is gone, and does so no more.
   */
  restart(machineIds: readonly string[]): Promise<void>;
  /** Stops the tour's own server. */
  stop(): Promise<ServerEnd>;
  /** While it is on, the machines of the tour's own server take no time. */
  hurry(on: boolean): void;
  /** Registers demo machines 1 to `count`. */
  importMachines(client: Client, count: number, signal: AbortSignal): Promise<Imported>;
  /** Registers the machines of a file. Rejects with one sentence where it cannot be read. */
  importFile(client: Client, file: WalkFile, signal: AbortSignal): Promise<ImportedFile>;
  /** A word that no request id before it held. */
  newId(): string;
}
