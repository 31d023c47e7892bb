import type { Machine } from '../../../core/domain/machine.ts';
import type { Dice } from './dice.ts';
import type { MachineState, WrittenBy } from './world/world.ts';

/** A log line: on stdout, unless it says otherwise. */
export type LogLine = string | { readonly stderr: string };

/** One stage of a step: what it is called, what it logs, and what it changes once it is over. */
export interface Stage {
  readonly note: string;
  /** Its part of the step's time, beside the shares of the other stages. */
  readonly share: number;
  /** Spread evenly over the stage. */
  readonly lines: readonly LogLine[];
  readonly effect?: Partial<MachineState>;
}

/** A failure as a code and a sentence. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** How a step is carried out on one machine: data, which the player plays. */
export interface Procedure {
  /** `%` counts by time, `stages` by stages done. */
  readonly unit: '%' | 'stages';
  readonly stages: readonly [Stage, ...Stage[]];
  /** What the machine's state lacks for the step to be done, or null; `mine` knows what this step wrote. */
  readonly lacks: (state: MachineState, mine: (by: WrittenBy | null) => boolean) => Failure | null;
  /** What to say once it is done. */
  readonly done: string;
  /** How a step of this kind fails when nothing else is said. */
  readonly usualFailure: Failure;
}

/** What a procedure is written from. */
export interface Scene {
  readonly machine: Machine;
  /** The machine's state when the call began. */
  readonly before: MachineState;
  /** Which attempt this is; what it writes bears this mark. */
  readonly by: WrittenBy;
  readonly dice: Dice;
}

/** The failure of a step whose effect is not there when it is read back. */
export function notThere(what: string): Failure {
  return { code: 'READ_BACK', message: `read back after writing: ${what}` };
}

/** The version of the kubelet that images bring along. */
export const IMAGE_KUBELET = '1.30.6';

/** The state of a box that the world sees for the first time, as far as the machine's record tells it. */
export function unseenState(machine: Machine): MachineState {
  const provisioned = machine.conditions.some(({ type, status }) => type === 'Provisioned' && status);
  return {
    serial: machine.spec.serial,
    power: 'on',
    bootDevice: 'disk',
    netbootProfile: '',
    boot: null,
    image: provisioned ? { ref: '', by: null } : null,
    membership: { kind: 'unobserved' },
    kubelet: IMAGE_KUBELET,
    cordoned: false,
    drained: false,
    network: {},
    script: null,
    rma: null,
  };
}
