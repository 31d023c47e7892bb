import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../core/ports/clock.ts';
import type { Hint } from '../../../core/ports/store.ts';
import type { Hints } from '../shared/hints.ts';
import type { Database } from './database.ts';
import type { Line } from './line.ts';
import { CHANNEL } from './line.ts';
import { grownSince } from './logs.ts';

/** What happens is looked for so often by itself, because hints may be lost, in milliseconds. */
const POLL_MS = 2_000;
/** The same where no hint of another server is ever heard. */
const POLL_ALONE_MS = 250;
/** Other servers are told at most this often, in milliseconds: a notification is a lock that all who notify share. */
const TELL_EVERY_MS = 10;
/**
 * Others are told only then that a run may be claimed, in milliseconds: who was asked for it claims it at once, and servers that do
 * so at the same moment stand in each other's way. Where it has no room for it, that is soon enough.
 */
const TELL_DUE_AFTER_MS = 40;
/** A payload is shorter than this, in bytes; PostgreSQL takes 8,000. */
const MAX_PAYLOAD = 6_000;
/** Runs whose log has grown that one look finds; the others are found by the next. */
const MAX_GROWN = 1_000;
/** The first and the longest wait before readers are told again that something waits for older transactions. */
const HELD_BACK_MS = 10;
const HELD_BACK_AT_MOST_MS = 250;

/** Everything that a hint can say, for when nobody knows what was missed. */
const ANYTHING: Hint = { due: true, peers: true, stop: true, events: true, progress: true };

/** Hints between this server's own listeners and those of the others: never the truth, only promptness. */
export class Notices {
  readonly #clock: Clock;
  readonly #database: Database;
  readonly #line: Line;
  readonly #hints: Hints;
  /** By this name its own notifications are known, and left out. */
  readonly #self = randomUUID();
  #waiting: { flags: Hint; logs: Set<string> } | null = null;
  #dueWaits = false;
  #lastPoll: string;
  #closed = false;
  #heldBackMs = HELD_BACK_MS;
  #cancelPoll = () => {};
  #cancelTell = () => {};
  #cancelTellDue = () => {};
  #cancelHeldBack: (() => void) | null = null;

  /** `from` is the oldest transaction that was open when the store was opened: logs that grow after it are looked for. */
  constructor(clock: Clock, database: Database, line: Line, hints: Hints, from: string) {
    this.#clock = clock;
    this.#database = database;
    this.#line = line;
    this.#hints = hints;
    this.#lastPoll = from;
    line.listen({
      up: () => hints.tell(ANYTHING),
      down: () => {},
      said: (text) => this.#heard(text),
    });
    this.#pollLater();
  }

  /** Tells the listeners here at once, and the other servers soon. */
  tell(hint: Hint): void {
    this.#hints.tell(hint);
    if (this.#closed || !this.#line.holdsSession || Object.keys(hint).length === 0) return;
    const { logs = [], due = false, ...flags } = hint;
    if (due) this.#tellDueLater();
    if (logs.length === 0 && Object.keys(flags).length === 0) return;
    if (this.#waiting === null) {
      this.#waiting = { flags: {}, logs: new Set() };
      this.#cancelTell = this.#clock.after(TELL_EVERY_MS, () => void this.#tellOthers());
    }
    this.#waiting.flags = { ...this.#waiting.flags, ...flags };
    for (const runId of logs) this.#waiting.logs.add(runId);
  }

  /** Notes whether readers were kept from something by an older transaction: its end is no event of ours. */
  heldBack(held: boolean): void {
    if (!held) {
      this.#heldBackMs = HELD_BACK_MS;
      return;
    }
    if (this.#closed || this.#cancelHeldBack !== null) return;
    this.#cancelHeldBack = this.#clock.after(this.#heldBackMs, () => {
      this.#cancelHeldBack = null;
      this.#hints.tell({ events: true, progress: true });
    });
    this.#heldBackMs = Math.min(this.#heldBackMs * 2, HELD_BACK_AT_MOST_MS);
  }

  /** Falls silent. What was to be told is not told any more. */
  close(): void {
    this.#closed = true;
    this.#cancelPoll();
    this.#cancelTell();
    this.#cancelTellDue();
    this.#cancelHeldBack?.();
  }

  async #tellOthers(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting === null) return;
    await this.#notify(payloadsOf(this.#self, waiting.flags, [...waiting.logs]));
  }

  #tellDueLater(): void {
    if (this.#dueWaits) return;
    this.#dueWaits = true;
    this.#cancelTellDue = this.#clock.after(TELL_DUE_AFTER_MS, () => {
      this.#dueWaits = false;
      void this.#notify(payloadsOf(this.#self, { due: true }, []));
    });
  }

  async #notify(payloads: readonly string[]): Promise<void> {
    const text = `SELECT pg_notify('${CHANNEL}', payload) FROM unnest($1::text[]) AS payload`;
    // Where it does not get through, the others look for themselves.
    await this.#line.ask({ text, values: [payloads] }).catch(() => {});
  }

  #heard(text: string): void {
    const said = readPayload(text);
    if (said !== null && said.from !== this.#self) this.#hints.tell(said.hint);
  }

  #pollLater(): void {
    if (this.#closed) return;
    const ms = this.#line.holdsSession ? POLL_MS : POLL_ALONE_MS;
    this.#cancelPoll = this.#clock.after(ms, async () => {
      await this.#poll();
      this.#pollLater();
    });
  }

  async #poll(): Promise<void> {
    try {
      const { runIds, next } = await grownSince(this.#database, this.#lastPoll, MAX_GROWN);
      this.#lastPoll = next;
      if (!this.#closed) this.#hints.tell({ ...ANYTHING, ...(runIds.length > 0 ? { logs: runIds } : {}) });
    } catch {
      // The store is away: there is nothing to be found.
    }
  }
}

/** One payload or several, each short enough; run ids go where there is room. */
function payloadsOf(from: string, flags: Hint, logs: readonly string[]): readonly string[] {
  const payloads: string[] = [];
  let some: string[] = [];
  let bytes = 0;
  for (const runId of logs) {
    if (bytes > MAX_PAYLOAD) {
      payloads.push(JSON.stringify({ from, hint: { logs: some } }));
      some = [];
      bytes = 0;
    }
    some.push(runId);
    bytes += Buffer.byteLength(runId) + 3;
  }
  payloads.push(JSON.stringify({ from, hint: some.length > 0 ? { ...flags, logs: some } : flags }));
  return payloads;
}

/** What another server said; null where it is none of ours. */
function readPayload(text: string): { readonly from: string; readonly hint: Hint } | null {
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said !== 'object' || said === null || !('from' in said) || !('hint' in said)) return null;
    const { from, hint } = said;
    return typeof from === 'string' && typeof hint === 'object' && hint !== null ? { from, hint: hint as Hint } : null;
  } catch {
    return null;
  }
}
