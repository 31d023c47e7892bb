import { describe, expect, it } from 'vitest';
import { accepted, announced, aPlanOf, applied, begun, due, stepOf, theRun } from '../testing.ts';
import { attemptAfterRecord, decideAnnouncement, decideEnd, decideRecord } from './announcement.ts';
import { decideCancel } from './cancel-run.ts';

const RUN = 'run0000000000001';
const NOTHING = { kind: 'decision', events: [], request: null };
const running = begun(accepted(aPlanOf({}, {})));
/** The first owner's call is under way, and the first owner is gone. */
const left = announced(running);

describe('a run that another owner left in mid-call', () => {
  it('has the cut-off attempt recorded and announced again in one change', () => {
    const next = attemptAfterRecord(left, RUN, 2);
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
    const next = attemptAfterRecord(left, RUN, 2);
    if (next === null) throw new Error('no attempt is due');
    const atOnce = applied(left, decideAnnouncement(left, next));
    expect(theRun(atOnce)).toEqual(theRun(announced(applied(left, decideRecord(left, RUN, 2)), 2)));
  });

  it('is announced again without a second record where the announcement became stale', () => {
    const next = attemptAfterRecord(left, RUN, 2);
    if (next === null) throw new Error('no attempt is due');
    const again = decideAnnouncement(applied(left, decideAnnouncement(left, next)), next);
    expect(again.events.map(({ kind }) => kind)).toEqual(['ATTEMPT_STARTED']);
  });

  it('fails, and is not announced, when it was cut off too often', () => {
    const next = (fence: number) => (aggregate: typeof left) => {
      const announce = attemptAfterRecord(aggregate, RUN, fence);
      return announce === null ? aggregate : applied(aggregate, decideAnnouncement(aggregate, announce));
    };
    const twice = next(3)(next(2)(left));
    expect(stepOf(twice, 0)).toMatchObject({ interruptions: 2, intent: { fence: 3 } });
    expect(attemptAfterRecord(twice, RUN, 4)).toBeNull();
    expect(theRun(applied(twice, decideRecord(twice, RUN, 4)))).toMatchObject({ phase: 'FAILED' });
  });

  it('is left alone when it was canceled meanwhile, or belongs to a newer owner', () => {
    const canceled = applied(left, decideCancel(left, { runId: RUN, by: 'bob', reason: '' }));
    const announce = { runId: RUN, step: 0, attempt: 1, probe: false, fence: 2 };
    expect(attemptAfterRecord(canceled, RUN, 2)).toBeNull();
    expect(decideAnnouncement(canceled, announce)).toEqual(NOTHING);
    const newer = attemptAfterRecord(left, RUN, 3);
    if (newer === null) throw new Error('no attempt is due');
    expect(decideAnnouncement(applied(left, decideAnnouncement(left, newer)), announce)).toEqual(NOTHING);
  });
});

describe('a run that has not begun', () => {
  const pending = accepted(aPlanOf({}));

  it('begins and has its first attempt announced in one change', () => {
    const next = attemptAfterRecord(pending, RUN, 1);
    if (next === null) throw new Error('no attempt is due');
    const decision = decideAnnouncement(pending, next);
    expect(decision.events.map(({ kind }) => kind)).toEqual(['STARTED', 'ATTEMPT_STARTED']);
    expect(theRun(applied(pending, decision))).toEqual(theRun(announced(begun(pending))));
  });

  it('begins alone where its first step waits for an approval', () => {
    const held = accepted(aPlanOf({ hold: 'look at it' }));
    expect(attemptAfterRecord(held, RUN, 1)).toBeNull();
    expect(decideRecord(held, RUN, 1).events.map(({ kind }) => kind)).toEqual(['STARTED']);
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

describe('the end of a call', () => {
  const outcome = { kind: 'done', message: '' } as const;
  const kinds = (aggregate: typeof left) =>
    decideEnd(aggregate, { runId: RUN, fence: 1, outcome }, 0).events.map(({ kind }) => kind);

  it('ends the run in the same change where it was the last one', () => {
    const last = announced(begun(accepted(aPlanOf({}))));
    expect(kinds(last)).toEqual(['STEP_SUCCEEDED', 'SUCCEEDED', 'RUN_DONE']);
    expect(theRun(applied(last, decideEnd(last, { runId: RUN, fence: 1, outcome }, 0)))).toMatchObject({
      phase: 'SUCCEEDED',
    });
  });

  it('ends the step alone where another one follows, and nothing where the run is over', () => {
    expect(kinds(left)).toEqual(['STEP_SUCCEEDED']);
    const canceled = applied(left, decideCancel(left, { runId: RUN, by: 'bob', reason: '' }));
    expect(kinds(canceled)).toEqual(['STOPPED', 'CALL_STOPPED']);
    expect(decideEnd(left, { runId: RUN, fence: 2, outcome }, 0)).toEqual(NOTHING);
  });
});
