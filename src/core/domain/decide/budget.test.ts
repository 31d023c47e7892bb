import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Aggregate } from '../aggregate.ts';
import { decisionTime, runOf } from '../aggregate.ts';
import type { Plan, Step, StepAction } from '../plan.ts';
import { needsProbeAfterCrash } from '../plan.ts';
import { isTerminal } from '../run.ts';
import {
  accepted,
  applied,
  begun,
  builtIn,
  CUT_OFF,
  DONE,
  ended,
  FLAKED,
  later,
  REFUSED,
  TIMED_OUT,
  theRun,
  UNKNOWN,
} from '../testing.ts';
import type { Outcome, ProbeOutcome } from './attempt.ts';
import { decideIntent, decideInterrupted, nextAction } from './attempt.ts';
import { decideFinish } from './finish.ts';

const RUN = 'run0000000000001';

/** How a call or a probe ends; `crash` takes its server with it. */
type End = Outcome | ProbeOutcome | { readonly kind: 'crash' };

/** A call as it was made, and how it ended. */
interface Made {
  readonly step: number;
  readonly attempt: number;
  readonly probe: boolean;
  readonly end: End['kind'];
}

const callEnd = fc.constantFrom<End>(DONE, FLAKED, TIMED_OUT, UNKNOWN, CUT_OFF, REFUSED, { kind: 'crash' });
const probeEnd = fc.constantFrom<End>(
  { kind: 'probed-done', message: '' },
  { kind: 'probed-not-done', message: '' },
  { kind: 'probed-not-done', message: '' },
  { kind: 'cannot-tell', message: '' },
  TIMED_OUT,
  FLAKED,
  UNKNOWN,
  CUT_OFF,
  { kind: 'crash' },
);
/** Ends in which nothing is ever done: the longest a run can take. */
const badCallEnd = fc.constantFrom<End>(FLAKED, TIMED_OUT, UNKNOWN, CUT_OFF, { kind: 'crash' });
const badProbeEnd = fc.constantFrom<End>({ kind: 'probed-not-done', message: '' }, CUT_OFF, { kind: 'crash' });

const action = fc.constantFrom<StepAction>(
  { kind: 'netboot', profile: 'pxe' },
  { kind: 'reboot', force: false },
  { kind: 'repave', imageRef: 'i', cloudInitRef: 'c' },
  { kind: 'ssh', scriptRef: 's', args: {}, restartable: false },
  { kind: 'ssh', scriptRef: 's', args: {}, restartable: true },
);
const step = fc.record({ action, maxRetries: fc.integer({ min: 0, max: 3 }) });
const plan: fc.Arbitrary<Plan> = fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => {
  const [base] = builtIn('reboot').steps as [Step];
  const named = steps.map((one, index) => ({ ...base, ...one, name: `step-${index}` }));
  return { ...builtIn('reboot'), id: 'plan/own', steps: named };
});

const CALLS_OF_AN_ATTEMPT = 8;

/** Carries a run to its end, every call ending as the two lists say; they are read round and round. */
function carriedOut(own: Plan, calls: readonly End[], probes: readonly End[]): { at: Aggregate; made: Made[] } {
  let at = begun(accepted(own));
  let fence = 1;
  const made: Made[] = [];
  const budget = own.steps.reduce((sum, one) => sum + (one.maxRetries + 1) * CALLS_OF_AN_ATTEMPT, 0);
  while (!isTerminal(theRun(at).phase)) {
    const planned = runOf(at, RUN);
    if (planned === null) throw new Error('there is no run');
    const due = nextAction(planned, fence, decisionTime(at));
    if (due.kind === 'wait') {
      at = later(at, due.until - at.now);
    } else if (due.kind === 'finish') {
      at = applied(at, decideFinish(at, RUN));
    } else if (due.kind === 'record-interruption') {
      at = applied(at, decideInterrupted(at, RUN, fence, 'its server died'));
    } else if (due.kind === 'attempt') {
      const { step: index, attempt, probe } = due;
      at = applied(at, decideIntent(at, { runId: RUN, fence, step: index, attempt, probe }));
      const ends = probe ? probes : calls;
      const end = ends[made.length % ends.length] ?? DONE;
      made.push({ step: index, attempt, probe, end: end.kind });
      expect(made.length, 'calls made').toBeLessThanOrEqual(budget);
      if (end.kind === 'crash') fence += 1;
      else at = ended(at, end, fence);
    } else {
      throw new Error(`a run that has not ended is due for ${due.kind}`);
    }
  }
  return { at, made };
}

const ends = fc.array(callEnd, { minLength: 1, maxLength: 20 });
const probeEnds = fc.array(probeEnd, { minLength: 1, maxLength: 7 });

describe('the budget of a run', () => {
  it('is enough for every sequence of outcomes: the run ends', () => {
    fc.assert(
      fc.property(plan, ends, probeEnds, (own, calls, probes) => {
        const { at } = carriedOut(own, calls, probes);
        const run = theRun(at);
        expect(run.phase === 'SUCCEEDED' || run.phase === 'FAILED').toBe(true);
        expect(at.machine?.activeRunId).toBeNull();
        expect(run.stopping).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it('is enough also where nothing is ever done', () => {
    fc.assert(
      fc.property(
        plan,
        fc.array(badCallEnd, { minLength: 1, maxLength: 20 }),
        fc.array(badProbeEnd, { minLength: 1, maxLength: 7 }),
        (own, calls, probes) => {
          expect(theRun(carriedOut(own, calls, probes).at).phase).toBe('FAILED');
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is not eaten by interruptions: every failure but the last is followed by another attempt', () => {
    fc.assert(
      fc.property(plan, ends, probeEnds, (own, calls, probes) => {
        const { at, made } = carriedOut(own, calls, probes);
        const { error } = theRun(at);
        if (error?.code !== 'STEP_TIMEOUT' && !(error?.code === 'STEP_FAILED' && error.retryable)) return;
        const last = made.at(-1);
        const used = made.filter((one) => one.step === last?.step && usesUp(one, made));
        expect(used).toHaveLength((own.steps[last?.step ?? 0]?.maxRetries ?? 0) + 1);
      }),
      { numRuns: 200 },
    );
  });

  it('never pays for doing twice what may not be done twice: a call in doubt is followed by a probe', () => {
    fc.assert(
      fc.property(plan, ends, probeEnds, (own, calls, probes) => {
        const { made } = carriedOut(own, calls, probes);
        for (const [index, one] of made.entries()) {
          const next = made[index + 1];
          const what = own.steps[one.step]?.action;
          const cut = one.end === 'interrupted' || one.end === 'crash';
          const doubtful = one.end === 'unknown' || (cut && (one.probe || (what && needsProbeAfterCrash(what))));
          if (doubtful && next !== undefined) expect(next).toMatchObject({ step: one.step, probe: true });
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** True for a call that used up its attempt: it failed, or the hardware said that one of unknown outcome was not done. */
function usesUp(one: Made, made: readonly Made[]): boolean {
  if (one.end === 'failed' || one.end === 'timeout') return true;
  if (one.end !== 'probed-not-done') return false;
  const before = made.slice(0, made.indexOf(one)).findLast((other) => !other.probe);
  return before?.end === 'unknown';
}
