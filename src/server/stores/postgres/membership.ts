import { randomInt } from 'node:crypto';
import type { Clock } from '../../../core/ports/clock.ts';
import type { CoreLog } from '../../../core/ports/log.ts';
import type { Membership, StandingListener } from '../../../core/ports/membership.ts';
import type { Hint } from '../../../core/ports/store.ts';
import type { SqlRow } from './database.ts';
import { StoreUnavailable } from './errors.ts';
import type { Suspect } from './leases.ts';
import type { Line } from './line.ts';
import { LOCK_CLASS, Peers } from './peers.ts';

/**
 * How often a member looks after itself and its peers, in milliseconds; more often where leases are short. A peer that was killed
 * is noticed after half of it.
 */
const PULSE_MS = 100;

/** A server incarnation that has joined. */
interface Member {
  readonly instance: string;
  readonly standing: StandingListener;
  /** Where the last renewal that was answered was sent, by this process's monotonic clock. */
  renewedAt: number;
  suspended: boolean;
}

/** What a membership is made of. */
export interface MembershipParts {
  readonly clock: Clock;
  readonly line: Line;
  readonly leaseMs: number;
  readonly log: CoreLog;
  /** Tells this server and the others. */
  readonly tell: (hint: Hint) => void;
}

/**
 * One server among those that share a database. Its row says until when its lease is good; the session of its line holds an
 * advisory lock, so that its peers notice at once when the process is gone. All that it judges it judges by its own monotonic
 * clock: its standing by when it sent its last renewal, its peers by whether they renew.
 */
export class PostgresMembership implements Membership {
  readonly #parts: MembershipParts;
  readonly #peers: Peers;
  readonly #pulseMs: number;
  #member: Member | null = null;
  #lineIsUp = true;
  #cancelPulse = () => {};
  #cancelExpulsion = () => {};

  constructor(parts: MembershipParts) {
    this.#parts = parts;
    this.#peers = new Peers(parts.clock, parts.leaseMs);
    this.#pulseMs = Math.min(PULSE_MS, parts.leaseMs / 6);
    parts.line.listen({ up: () => this.#up(), down: () => this.#down(), said: () => {} });
  }

  async join(instance: string, standing: StandingListener): Promise<void> {
    this.#forget();
    const lockId = await this.#takeLock();
    const sentAt = this.#parts.clock.monotonic();
    await this.#ask(
      `INSERT INTO bmdemo.servers (instance, beat, ttl, lease_until, lock_id)
       VALUES ($1, 1, $2, bmdemo.now_ms() + $2, $3)`,
      [instance, this.#parts.leaseMs, lockId],
    );
    const member: Member = { instance, standing, renewedAt: sentAt, suspended: false };
    this.#member = member;
    this.#armExpulsion(member);
    if (!this.#lineIsUp) this.#suspend(member);
    this.#pulseLater(member);
    this.#parts.tell({ peers: true });
  }

  async leave(): Promise<void> {
    const member = this.#member;
    if (member === null) return;
    this.#forget();
    await this.#ask(
      `WITH gone AS (DELETE FROM bmdemo.servers WHERE instance = $1)
       UPDATE bmdemo.leases SET owner = NULL WHERE owner = $1 AND due_at IS NOT NULL`,
      [member.instance],
    );
    this.#parts.tell({ due: true, peers: true });
  }

  /** The servers that may be taken for dead now. */
  suspects(): readonly Suspect[] {
    return this.#member === null || this.#member.suspended ? [] : this.#peers.suspects();
  }

  /** Stops looking after anything. The row stays, for peers to find. */
  close(): void {
    this.#forget();
  }

  #forget(): void {
    this.#cancelPulse();
    this.#cancelExpulsion();
    this.#member = null;
  }

  /** A lock that is this session's own; a former session of this server may hold its former one for a while yet. */
  async #takeLock(): Promise<number | null> {
    if (!this.#parts.line.holdsSession) return null;
    const lockId = randomInt(1, 2 ** 31 - 1);
    await this.#ask('SELECT pg_advisory_unlock_all()', []);
    const [row] = await this.#ask('SELECT pg_try_advisory_lock($1::integer, $2::integer) AS taken', [
      LOCK_CLASS,
      lockId,
    ]);
    if (row?.taken !== true) throw new StoreUnavailable('the lock of this server is held by another session');
    return lockId;
  }

  #ask(text: string, values: readonly (string | number | null)[]): Promise<readonly SqlRow[]> {
    return this.#parts.line.ask({ text, values });
  }

  #pulseLater(member: Member): void {
    this.#cancelPulse();
    const ms = Math.min(this.#pulseMs, this.#peers.judgementIn());
    this.#cancelPulse = this.#parts.clock.after(ms, () => void this.#pulse(member));
  }

  async #pulse(member: Member): Promise<void> {
    try {
      const { clock, leaseMs } = this.#parts;
      if (clock.monotonic() - member.renewedAt >= leaseMs / 3) await this.#renew(member, undefined);
      if (this.#member !== member) return;
      if (this.#peers.see(await this.#ask(Peers.LOOK, [LOCK_CLASS]), member.instance))
        this.#parts.tell({ peers: true });
    } catch (error) {
      if (!(error instanceof StoreUnavailable))
        this.#parts.log.error({ err: error }, 'the lease could not be looked after');
    }
    if (this.#member === member && !member.suspended) this.#pulseLater(member);
  }

  /** Says that this server lives, under another lock where one is given. Expelled where its row is gone. */
  async #renew(member: Member, lockId: number | null | undefined): Promise<void> {
    const { clock, leaseMs } = this.#parts;
    const sentAt = clock.monotonic();
    const rows = await this.#ask(
      `UPDATE bmdemo.servers SET beat = beat + 1, ttl = $2, lease_until = bmdemo.now_ms() + $2
         ${lockId === undefined ? '' : ', lock_id = $3'}
       WHERE instance = $1 RETURNING beat`,
      lockId === undefined ? [member.instance, leaseMs] : [member.instance, leaseMs, lockId],
    );
    if (this.#member !== member) return;
    if (rows.length === 0) {
      this.#expel(member);
      return;
    }
    member.renewedAt = sentAt;
    this.#armExpulsion(member);
  }

  #up(): void {
    this.#lineIsUp = true;
    this.#peers.begin();
    if (this.#member !== null) void this.#return(this.#member);
  }

  #down(): void {
    this.#lineIsUp = false;
    this.#peers.begin();
    if (this.#member !== null) this.#suspend(this.#member);
  }

  #suspend(member: Member): void {
    this.#cancelPulse();
    if (member.suspended) return;
    member.suspended = true;
    this.#parts.log.warn({}, 'PostgreSQL cannot be reached: no call begins until it is back');
    member.standing.suspended();
  }

  /** The line is back: under a new lock, if nobody has taken this server for dead meanwhile, all goes on. */
  async #return(member: Member): Promise<void> {
    try {
      await this.#renew(member, await this.#takeLock());
    } catch (error) {
      // The line has gone again and says so itself; anything else ends with the lease.
      if (!(error instanceof StoreUnavailable)) this.#parts.log.error({ err: error }, 'the lease could not be renewed');
      return;
    }
    if (this.#member !== member || !this.#lineIsUp) return;
    if (member.suspended) {
      member.suspended = false;
      this.#parts.log.info({}, 'PostgreSQL is back in time: all goes on');
      member.standing.resumed();
    }
    this.#pulseLater(member);
  }

  /** Peers may take this server for dead once its lease has ended: a third of it before that it gives itself up. */
  #armExpulsion(member: Member): void {
    const { clock, leaseMs } = this.#parts;
    this.#cancelExpulsion();
    const left = member.renewedAt + (leaseMs * 2) / 3 - clock.monotonic();
    this.#cancelExpulsion = clock.after(Math.max(0, left), () => this.#expel(member));
  }

  #expel(member: Member): void {
    if (this.#member !== member) return;
    this.#forget();
    member.standing.expelled();
  }
}
