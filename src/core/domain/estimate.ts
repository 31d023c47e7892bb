import type { Run } from './run.ts';
import type { Millis } from './time.ts';

/** How long something took before. */
export interface Estimate {
  /** Half of them took no longer, in milliseconds. */
  readonly medianMs: number;
  /** 19 of 20 took no longer, in milliseconds. */
  readonly p95Ms: number;
  /** How many it is taken from; at least one. */
  readonly samples: number;
  /** The machine model that they are of; empty where they are of all models, because there are too few of this one. */
  readonly model: string;
}

/** A run that ended well, and the model of the machine it ran on. */
export interface PastRun {
  readonly run: Run;
  readonly model: string;
}

/** So many runs of one model are enough to speak of that model alone. */
export const ENOUGH_OF_A_MODEL = 5;

/** What the history of a plan says of its next run on a machine of this model. */
export interface Estimates {
  readonly whole: Estimate | null;
  /** By the name of the step; a step without history is absent. */
  readonly steps: ReadonlyMap<string, Estimate>;
}

/** Reads estimates off past runs of one plan; runs that did not end well say nothing about how long it takes. */
export function estimatesFrom(past: readonly PastRun[], model: string): Estimates {
  const ended = past.filter(({ run }) => run.phase === 'SUCCEEDED');
  const same = ended.filter((one) => one.model === model);
  const narrow = model !== '' && same.length >= ENOUGH_OF_A_MODEL;
  const chosen = (narrow ? same : ended).map(({ run }) => run);
  const of = narrow ? model : '';
  const steps = new Map<string, Estimate>();
  for (const name of new Set(chosen.flatMap((run) => run.steps.map((step) => step.name)))) {
    const taken = chosen.flatMap((run) => run.steps.filter((step) => step.name === name)).flatMap(spanOf);
    const estimate = estimateOf(taken, of);
    if (estimate !== null) steps.set(name, estimate);
  }
  return { whole: estimateOf(chosen.flatMap(spanOf), of), steps };
}

function spanOf({ startedAt, finishedAt }: { startedAt: Millis | null; finishedAt: Millis | null }): readonly number[] {
  return startedAt === null || finishedAt === null ? [] : [finishedAt - startedAt];
}

function estimateOf(spans: readonly number[], model: string): Estimate | null {
  const sorted = [...spans].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
  const medianMs = at(0.5);
  const p95Ms = at(0.95);
  if (medianMs === undefined || p95Ms === undefined) return null;
  return { medianMs, p95Ms, samples: sorted.length, model };
}
