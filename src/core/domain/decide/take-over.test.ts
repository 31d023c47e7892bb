import { describe, expect, it } from 'vitest';
import { accepted, announced, aPlanOf, applied, begun, due, stepOf, theRun } from '../testing.ts';
import { decideCancel } from './cancel-run.ts';
import { attemptAfterCutOff, decideAnnouncement, decideCutOff } from './take-over.ts';

const RUN = 'run0000000000001';
const NOTHING = { kind: 'decision', events: [], request: null };
const running = begun(accepted(aPlanOf({}, {})));
/** The first owner's call is under way, and the first owner is gone. */
const left = announced(running);

describe('a run that another owner left in mid-call', () => {
  it('has the cut-off attempt recorded and announced again in one change', () => {
    const next = attemptAfterCutOff(left, RUN, 2);
    if (next === null) throw new Error('no attempt is due');
    expect(next).toMatchObject({ runId: RUN, step: 0, attempt: 1, fence: 2 });
    const decision = decideAnnouncement(left, next);
    expect(decision.events.map(({ kind }) => kind)).toEqual(['ATTEMPT_INTERRUPTED', 'ATTEMPT_STARTED']);
    expect(stepOf(applied(left, decision), 0)).toMatchObject({
      state: 'RUNNING',
      attempt: 1,
      interruptions: 1,
      intent: { fence: 2 },
    });
  });

  it('becomes what it becomes when the two are decided one after the other', () => {
    const next = attemptAfterCutOff(left, RUN, 2);
    if (next === null) throw new Error('no attempt is due');
    const atOnce = applied(left, decideAnnouncement(left, next));
    expect(theRun(atOnce)).toEqual(theRun(announced(applied(left, decideCutOff(left, RUN, 2)), 2)));
  });

  it('is announced again without a second record where the announcement became stale', () => {
    const next = attemptAfterCutOff(left, RUN, 2);
    if (next === null) throw new Error('no attempt is due');
    const again = decideAnnouncement(applied(left, decideAnnouncement(left, next)), next);
    expect(again.events.map(({ kind }) => kind)).toEqual(['ATTEMPT_STARTED']);
  });

  it('fails, and is not announced, when it was cut off too often', () => {
    const next = (fence: number) => (aggregate: typeof left) => {
      const announce = attemptAfterCutOff(aggregate, RUN, fence);
      return announce === null ? aggregate : applied(aggregate, decideAnnouncement(aggregate, announce));
    };
    const twice = next(3)(next(2)(left));
    expect(stepOf(twice, 0)).toMatchObject({ interruptions: 2, intent: { fence: 3 } });
    expect(attemptAfterCutOff(twice, RUN, 4)).toBeNull();
    expect(theRun(applied(twice, decideCutOff(twice, RUN, 4)))).toMatchObject({ phase: 'FAILED' });
  });

  it('is left alone when it was canceled meanwhile, or belongs to a newer owner', () => {
    const canceled = applied(left, decideCancel(left, { runId: RUN, by: 'bob', reason: '' }));
    const announce = { runId: RUN, step: 0, attempt: 1, probe: false, fence: 2 };
    expect(attemptAfterCutOff(canceled, RUN, 2)).toBeNull();
    expect(decideAnnouncement(canceled, announce)).toEqual(NOTHING);
    const newer = attemptAfterCutOff(left, RUN, 3);
    if (newer === null) throw new Error('no attempt is due');
    expect(decideAnnouncement(applied(left, decideAnnouncement(left, newer)), announce)).toEqual(NOTHING);
  });
});

describe('a run that nobody left in mid-call', () => {
  it('has its attempt announced and nothing else', () => {
    const next = due(running);
    if (next.kind !== 'attempt') throw new Error('no attempt is due');
    const { events } = decideAnnouncement(running, { ...next, runId: RUN, fence: 1 });
    expect(events.map(({ kind }) => kind)).toEqual(['ATTEMPT_STARTED']);
  });
});
