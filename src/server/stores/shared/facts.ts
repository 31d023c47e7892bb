import type { Millis } from '../../../core/domain/time.ts';

/** What there is to know of a store without opening it for a server. */
export interface StoreFacts {
  readonly kind: 'sqlite' | 'postgres';
  /** A path, or `HOST:PORT/DATABASE`: never a user's name or a password. */
  readonly location: string;
  readonly bytes: number;
  readonly schemaVersion: number;
  /** Who has it, for people; empty where nobody does. */
  readonly usedBy: string;
  readonly machines: number;
  readonly activeRuns: number;
  readonly finishedRuns: number;
  readonly events: number;
  /** Runs of which a log is kept. */
  readonly logs: number;
  /** The time of the earliest event that is kept; null where there is none. */
  readonly earliestEvent: Millis | null;
  /** The earliest time of which all is known: what as-of can be asked for. */
  readonly historyFrom: Millis;
}
