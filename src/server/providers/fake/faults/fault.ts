/** What goes wrong. Spans are real ones: neither `--slow` nor `--speed` changes them. */
export type Misbehaviour =
  /** Answers that it failed; `code` and `message` empty means those usual for the kind of step. */
  | { readonly kind: 'fail'; readonly terminal: boolean; readonly code: string; readonly message: string }
  /** Stands still until it is aborted. */
  | { readonly kind: 'hang' }
  /** Stands still, takes no notice of the abort, finishes its work `forMs` after it (null: when released) and says done. */
  | { readonly kind: 'ignore-abort'; readonly forMs: number | null }
  /** Says yes and does nothing. */
  | { readonly kind: 'lie' }
  /** Does it, and answers that much later. */
  | { readonly kind: 'late'; readonly byMs: number }
  /** Rejects with something that is no error. */
  | { readonly kind: 'throw' }
  /** Cannot say what happened; `effect` is what did happen, as a probe finds it. */
  | { readonly kind: 'unknown'; readonly effect: 'none' | 'done' | 'unclear' };

/** The words for what goes wrong. */
export type FaultKind = Misbehaviour['kind'];

/** One line of a fault script. */
export interface Fault {
  /** A machine id, or `*` for all. */
  readonly machine: string;
  /** The name of a step, or `*` for all. */
  readonly step: string;
  /** The attempts that it hits, from 1, both included; `to` null means from there on always. */
  readonly attempts: { readonly from: number; readonly to: number | null };
  /** Where in the step it begins; null means where it is usual for its kind. */
  readonly at: { readonly stage: number; readonly of: number } | null;
  readonly misbehaviour: Misbehaviour;
}

/** A script: the first line that fits is the one that counts. */
export type FaultScript = readonly Fault[];

/** What goes wrong with this attempt, or null. It depends on nothing else, so that every run of the same plan sees the same. */
export function faultFor(script: FaultScript, machineId: string, step: string, attempt: number): Fault | null {
  const fits = ({ machine, step: name, attempts }: Fault) =>
    (machine === '*' || machine === machineId) &&
    (name === '*' || name === step) &&
    attempt >= attempts.from &&
    (attempts.to === null || attempt <= attempts.to);
  return script.find(fits) ?? null;
}

/** Where a fault that does not say so begins. */
const USUALLY_AT: Readonly<Record<FaultKind, 'first' | 'last' | 'after'>> = {
  hang: 'first',
  'ignore-abort': 'first',
  lie: 'first',
  fail: 'last',
  throw: 'last',
  unknown: 'last',
  late: 'after',
};

/**
 * The index of the stage at whose beginning the fault shows, in a step of `count` stages; `count` itself for after the last.
 * A stage of another total is taken by share: 4/6 of a step with three stages is its second one.
 */
export function faultStage({ at, misbehaviour }: Fault, count: number): number {
  if (at !== null) return Math.floor(((at.stage - 1) * count) / at.of);
  const usual = USUALLY_AT[misbehaviour.kind];
  if (usual === 'after') return count;
  return usual === 'first' ? 0 : count - 1;
}
