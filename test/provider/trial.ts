import { expect } from 'vitest';
import type { Machine } from '../../src/core/domain/machine.ts';
import type { Step } from '../../src/core/domain/plan.ts';
import type { CallToken, ProbeAnswer, Provider, StepOutcome } from '../../src/core/ports/provider.ts';
import { answerOf, perform, probe, type RecordedCall } from './recorded-call.ts';

/** What can go wrong with hardware, as far as a bench can bring it about. */
export type Trouble =
  /** It answers that it failed. */
  | 'fails'
  /** It does not answer. */
  | 'hangs'
  /** It does not answer, cannot be stopped, and comes to an end an hour after its abort. */
  | 'ignores-abort'
  /** It says yes and does nothing. */
  | 'lies'
  /** It does what it should, and answers half an hour later. */
  | 'late'
  /** What comes back makes no sense. */
  | 'nonsense'
  /** Contact is lost: before it does anything, after it has done it, or with no way to find out. */
  | 'lost-before'
  | 'lost-after'
  | 'lost-for-good';

/** A provider at a machine that nothing was done to yet. */
export interface Bench {
  readonly provider: Provider;
  readonly machine: Machine;
  readonly now: () => number;
  /** Lets that many milliseconds pass, and everything happen that follows. */
  readonly advance: (ms: number) => Promise<void>;
}

/** A provider and what it takes to try it. */
export interface ProviderOnTrial {
  /** Steps of kinds that it carries out; each is tried by itself, on a fresh bench. */
  readonly steps: readonly Step[];
  /** Within how many milliseconds a step ends when nothing is wrong. */
  readonly usualMs: (step: Step) => number;
  /** The troubles that a bench can bring about, every time that the step is performed. */
  readonly troubles: readonly Trouble[];
  readonly bench: (trouble: Trouble | null) => Bench;
}

/** How long an aborted call may take to return: what the engine grants it before it calls the step stuck. */
export const GRACE_MS = 10_000;

const HALF_AN_HOUR_MS = 1_800_000;

/** What the contract allows for a line of a log, in bytes of UTF-8. */
const LONGEST_LINE = 16 * 1024;

type Token = Partial<CallToken>;

/** One step at one fresh bench. */
export class Trial {
  readonly bench: Bench;
  readonly step: Step;
  readonly usualMs: number;

  constructor(onTrial: ProviderOnTrial, step: Step, trouble: Trouble | null = null) {
    this.bench = onTrial.bench(trouble);
    this.step = step;
    this.usualMs = onTrial.usualMs(step);
  }

  perform(token: Token = {}, signal?: AbortSignal): RecordedCall<StepOutcome> {
    return perform({ ...this.bench, step: this.step, token, ...(signal && { signal }) });
  }

  beginProbe(token: Token = {}): RecordedCall<ProbeAnswer> {
    return probe({ ...this.bench, step: this.step, token });
  }

  /** Probes, and waits for the answer. */
  probe(token: Token = {}): Promise<ProbeAnswer> {
    return this.end(this.beginProbe(token), GRACE_MS);
  }

  /** Lets time pass and gives the answer, which must be there by then. */
  async end<T>(call: RecordedCall<T>, withinMs = this.usualMs): Promise<T> {
    await this.bench.advance(withinMs);
    return answerOf(call);
  }

  /** What a call owes whoever listens: whole lines of bounded length, progress that never goes back, silence after the end. */
  expectGoodManners({ told, toldTooLate }: RecordedCall<unknown>): void {
    expect(toldTooLate).toBe(0);
    for (const what of told) {
      if (what.kind !== 'log') continue;
      expect(['stdout', 'stderr']).toContain(what.stream);
      expect(what.line).not.toMatch(/[\r\n]/);
      expect(Buffer.byteLength(what.line)).toBeLessThanOrEqual(LONGEST_LINE);
    }
    const progress = told.filter((what) => what.kind === 'progress');
    const [first] = progress;
    expect(progress.map(({ total, unit }) => `${total} ${unit}`)).toEqual(
      progress.map(() => `${first?.total} ${first?.unit}`),
    );
    const currents = progress.map(({ current }) => current);
    expect(currents).toEqual(currents.toSorted((a, b) => a - b));
    expect(currents.every((current) => current >= 0 && current <= (first?.total ?? 0))).toBe(true);
  }
}

/** What has to come of each trouble. */
export const TROUBLES: Readonly<Record<Trouble, (trial: Trial, call: RecordedCall<StepOutcome>) => Promise<void>>> = {
  fails: async (trial, call) => {
    expect(await trial.end(call)).toMatchObject({
      kind: 'failed',
      code: expect.stringMatching(/^[A-Z][A-Z0-9_]*$/),
      message: expect.stringMatching(/\S/),
    });
    expect(await trial.probe()).toMatchObject({ kind: 'not-done' });
  },
  hangs: async (trial, call) => {
    await trial.bench.advance(trial.step.timeoutSeconds * 1_000);
    expect(call.ended).toBeNull();
    call.abort();
    expect(await trial.end(call, GRACE_MS)).toMatchObject({ kind: 'failed', terminal: false });
    expect(await trial.probe()).toMatchObject({ kind: 'not-done' });
  },
  'ignores-abort': async (trial, call) => {
    await trial.bench.advance(trial.usualMs);
    call.abort();
    await trial.bench.advance(GRACE_MS);
    expect(call.ended).toBeNull();
    const outcome = await trial.end(call, 2 * HALF_AN_HOUR_MS);
    expect(await trial.probe()).toMatchObject({ kind: outcome.kind === 'done' ? 'done' : 'not-done' });
  },
  lies: async (trial, call) => {
    expect(await trial.end(call)).toMatchObject({ kind: 'failed', terminal: false });
    expect(await trial.probe()).toMatchObject({ kind: 'not-done' });
  },
  late: async (trial, call) => {
    await trial.bench.advance(trial.usualMs);
    expect(call.ended).toBeNull();
    expect(await trial.end(call, HALF_AN_HOUR_MS)).toMatchObject({ kind: 'done' });
    expect(await trial.probe()).toMatchObject({ kind: 'done' });
  },
  nonsense: async (trial, call) => {
    await trial.bench.advance(trial.usualMs);
    expect(call.ended).not.toBeNull();
    if (call.ended !== null && 'answer' in call.ended) expect(call.ended.answer.kind).not.toBe('done');
    expect(await trial.probe()).toMatchObject({ kind: 'not-done' });
  },
  'lost-before': async (trial, call) => {
    expect(await trial.end(call)).toMatchObject({ kind: 'unknown', message: expect.stringMatching(/\S/) });
    expect(await trial.probe()).toMatchObject({ kind: 'not-done' });
  },
  'lost-after': async (trial, call) => {
    expect(await trial.end(call)).toMatchObject({ kind: 'unknown' });
    expect(await trial.probe()).toMatchObject({ kind: 'done' });
  },
  'lost-for-good': async (trial, call) => {
    expect(await trial.end(call)).toMatchObject({ kind: 'unknown' });
    expect(await trial.probe()).toMatchObject({ kind: 'cannot-tell' });
  },
};
