import type { Millis } from '../../../../core/domain/time.ts';
import type { CallToken } from '../../../../core/ports/provider.ts';

/** Who wrote something: one attempt at one step of one run. */
export interface WrittenBy {
  readonly runId: string;
  readonly step: number;
  readonly attempt: number;
}

/** What is known of a machine's place in a cluster; `unobserved` where this world was not there to see. */
export type Membership =
  | { readonly kind: 'unobserved' }
  | { readonly kind: 'none' }
  | { readonly kind: 'member'; readonly clusterId: string };

/** A simulated machine as its hardware would tell it; plain data, so that it can be kept in a file. */
export interface MachineState {
  /** The box that this is the state of: another serial is other hardware, and begins anew. */
  readonly serial: string;
  readonly power: 'on' | 'off';
  /** Where the next boot comes from; a network boot is for once. */
  readonly bootDevice: 'disk' | 'network';
  readonly netbootProfile: string;
  /** The last boot, and where it came from. */
  readonly boot: { readonly from: 'disk' | 'network'; readonly by: WrittenBy } | null;
  /** What is on the disk; null where nothing is. */
  readonly image: { readonly ref: string; readonly by: WrittenBy | null } | null;
  readonly membership: Membership;
  /** The version of the kubelet. */
  readonly kubelet: string;
  /** Takes no new workloads; drained: has none left. */
  readonly cordoned: boolean;
  readonly drained: boolean;
  /** The network settings applied last. */
  readonly network: Readonly<Record<string, string>>;
  /** The script that ended last. */
  readonly script: { readonly ref: string; readonly by: WrittenBy } | null;
  /** Set once the machine is marked as awaiting replacement. */
  readonly rma: { readonly reason: string; readonly by: WrittenBy } | null;
}

/** True where a machine is another box than the one that was known: two serials are two boxes, and one not known says nothing. */
export function isOtherHardware(known: MachineState, told: MachineState): boolean {
  return known.serial !== '' && told.serial !== '' && known.serial !== told.serial;
}

/** A call that is about to begin. */
export interface WorldCall {
  readonly machineId: string;
  readonly token: CallToken;
  readonly kind: 'perform' | 'probe';
  readonly step: string;
  /** The state to begin with where the world has never seen this box. */
  readonly unseen: MachineState;
}

/** How the world took the beginning of a call. */
export type Begun =
  | { readonly kind: 'begun'; readonly callId: number; readonly state: MachineState }
  /** The token is older than the highest seen for the machine: the call must not go on, and need not be ended. */
  | { readonly kind: 'refused'; readonly highestFence: number };

/** How a call ended, as the journal keeps it; `abandoned` where the process that made it is gone. */
export interface CallEnd {
  readonly kind: 'done' | 'failed' | 'unknown' | 'threw' | 'refused' | 'not-done' | 'cannot-tell' | 'abandoned';
  /** The failure's code, or empty. */
  readonly code: string;
}

/** One call in the journal. */
export interface JournalEntry {
  /** From 1, in the order in which the calls began; also the call's id. */
  readonly number: number;
  readonly machineId: string;
  readonly token: CallToken;
  readonly kind: 'perform' | 'probe';
  readonly step: string;
  readonly beganAt: Millis;
  /** Null while the call is going. */
  readonly endedAt: Millis | null;
  readonly end: CallEnd | null;
  /** The calls to the same machine that were going when this one began: empty, or somebody broke the rule. */
  readonly overlaps: readonly number[];
  /** How often it tried to change its machine after a newer token had been seen, and was refused. */
  readonly staleWrites: number;
}

/** A part of the journal, oldest first. */
export interface JournalPage {
  readonly entries: readonly JournalEntry[];
  /** How many ended calls the journal has let go of, oldest first, to stay within its bound. */
  readonly dropped: number;
}

/**
 * The hardware behind the fake provider: every effect goes through it, and what a driver reads back comes from it.
 * Nothing is kept anywhere else, so that a world in a file survives its servers and may be shared by several.
 */
export interface FakeWorld {
  /** Opens a call: refuses a stale token, raises the machine's fence to the token's, and journals either. */
  begin(call: WorldCall): Promise<Begun>;
  /** Changes the machine of an open call; `stale`, and no change, where a newer token has been seen meanwhile. */
  write(callId: number, change: Partial<MachineState>): Promise<'written' | 'stale'>;
  /** Closes a call. A call is closed once. */
  end(callId: number, end: CallEnd): Promise<void>;
  /** What the hardware says now; null for a machine that was never called. */
  read(machineId: string): Promise<MachineState | null>;
  /** The calls after that number, at most `limit`, of one machine or of all. */
  journal(query: {
    readonly machineId?: string;
    readonly after?: number;
    readonly limit?: number;
  }): Promise<JournalPage>;
}
