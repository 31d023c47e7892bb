import type { Clock } from '../../../core/ports/clock.ts';
import type { SqlRow } from './database.ts';
import type { Suspect } from './leases.ts';
import { bool, int, text } from './rows.ts';

/** One of the two numbers of every advisory lock that a server holds: `bmds`. The other is its own. */
export const LOCK_CLASS = 0x626d6473;

/** A lock that is gone is waited for this much longer, in milliseconds: a call may begin 500 ms after its intent was sent. */
const UNLOCKED_FOR_MS = 600;

/** What is known of one peer, by this process's monotonic clock. */
interface Peer {
  beat: number;
  ttl: number;
  /** When its beat was first seen as it is. */
  beatAt: number;
  /** Since when its lock is gone; null while it is held, or where it has none. */
  unlockedSince: number | null;
}

/**
 * Watches the other servers of a database. Clocks of other machines are not looked at: a peer lives as long as its beat goes on
 * within its lease, and as its session holds its lock. Nobody is judged before this server's own line has stood for one lease
 * without a break: it may have been this server that was away.
 */
export class Peers {
  /** Gives the servers that there are, and whether their lock is held. Takes the class of the locks. */
  static readonly LOOK = `
    SELECT instance, beat, ttl, lock_id IS NULL OR lock_id IN (SELECT bmdemo.locks_held($1::integer)) AS locked
    FROM bmdemo.servers`;

  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #peers = new Map<string, Peer>();
  #standsSince: number;

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
    this.#standsSince = clock.monotonic();
  }

  /** Forgets what was seen: the line has just come, or has just gone. */
  begin(): void {
    this.#peers.clear();
    this.#standsSince = this.#clock.monotonic();
  }

  /** Takes in what LOOK gave. True where somebody is gone, or may be taken for dead. */
  see(rows: readonly SqlRow[], self: string): boolean {
    const now = this.#clock.monotonic();
    const there = new Set(rows.map((row) => text(row, 'instance')));
    let gone = false;
    for (const instance of this.#peers.keys()) {
      if (there.has(instance)) continue;
      this.#peers.delete(instance);
      gone = true;
    }
    for (const row of rows) {
      const instance = text(row, 'instance');
      if (instance === self) continue;
      const { beat, ttl, locked } = { beat: int(row, 'beat'), ttl: int(row, 'ttl'), locked: bool(row, 'locked') };
      const known = this.#peers.get(instance);
      if (known === undefined || known.beat !== beat) {
        this.#peers.set(instance, { beat, ttl, beatAt: now, unlockedSince: locked ? null : now });
      } else {
        known.unlockedSince = locked ? null : (known.unlockedSince ?? now);
      }
    }
    return gone || this.suspects().length > 0;
  }

  /** When the first peer without a lock may be taken for dead, in milliseconds from now; Infinity where all have theirs. */
  judgementIn(): number {
    const now = this.#clock.monotonic();
    let soonest = Number.POSITIVE_INFINITY;
    for (const { unlockedSince } of this.#peers.values()) {
      const left = unlockedSince === null ? Number.POSITIVE_INFINITY : unlockedSince + UNLOCKED_FOR_MS - now;
      // One that is due already is looked at with the next regular pulse.
      if (left > 0) soonest = Math.min(soonest, left);
    }
    return soonest;
  }

  /** Those that may be taken for dead now. */
  suspects(): readonly Suspect[] {
    const now = this.#clock.monotonic();
    if (now - this.#standsSince < this.#leaseMs) return [];
    const suspects: Suspect[] = [];
    for (const [instance, { beat, ttl, beatAt, unlockedSince }] of this.#peers) {
      if (unlockedSince !== null && now - unlockedSince >= UNLOCKED_FOR_MS)
        suspects.push({ instance, beat, cause: 'lock' });
      else if (now - beatAt >= leaseEnd(ttl)) suspects.push({ instance, beat, cause: 'lease' });
    }
    return suspects;
  }
}

/** A peer gives itself up at two thirds of its lease; what it announced just before is good for a moment yet. */
function leaseEnd(ttl: number): number {
  return Math.max(ttl, (ttl * 2) / 3 + UNLOCKED_FOR_MS);
}
