import type { Millis } from '../../../core/domain/time.ts';
import type { BeforeHistory, ListQuery, MachineOrder, Page, PastMachine } from '../../../core/ports/store.ts';
import { Reader } from './database.ts';
import { StoreUnavailable, translate } from './errors.ts';
import { machinesAsOf } from './past.ts';

/** A read that may take longer than the event loop can spare. */
export interface LongRead {
  readonly kind: 'machines-as-of';
  readonly at: Millis;
  readonly query: ListQuery<MachineOrder>;
}

/** What a long read answers. */
export type LongAnswer = Page<PastMachine> | BeforeHistory;

/** What goes to the thread: the file, and what is to be read of it. */
export interface LongTask {
  readonly id: number;
  readonly path: string;
  readonly read: LongRead;
}

/** What comes back from it. */
export type LongResult =
  | { readonly id: number; readonly answer: LongAnswer }
  /** What an error says of itself does not come through but for this. */
  | { readonly id: number; readonly failure: { readonly message: string; readonly willPass: boolean } };

/** Carries out a long read on a connection of its own, as of one moment. */
export function carryOut({ id, path, read }: LongTask): LongResult {
  try {
    const reader = new Reader(path);
    try {
      return { id, answer: machinesAsOf(reader, read.at, read.query) };
    } finally {
      reader.close();
    }
  } catch (error) {
    const told = translate(error, path);
    const message = told instanceof Error ? told.message : String(told);
    return { id, failure: { message, willPass: told instanceof StoreUnavailable } };
  }
}
