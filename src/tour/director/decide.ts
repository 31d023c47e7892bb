import type { Script } from '../script/script.ts';
import { enterBeat, enterPart, leaveBeat, performs, prepares, restarts, withStage } from './enter.ts';
import type { TourCommand, TourEffect, TourInput } from './input.ts';
import type { Place, TourPlan, TourState } from './state.ts';
import { beatAt, chapterNumbered, chapterOf, isQuestion, partsOf } from './state.ts';
import { runIn, standStill } from './timing.ts';

/** What comes of an input. */
export interface Decision {
  readonly state: TourState;
  readonly effects: readonly TourEffect[];
  /** Why a command was not taken, as a sentence; empty: it was. */
  readonly refusal: string;
}

/** Presses that follow each other more quickly count once, in milliseconds. */
const PRESS_MS = 300;

/** The tour after an input, at a time in ms since 1970. Pure: what has to be done is among the effects. */
export function decide(plan: TourPlan, state: TourState, input: TourInput, at: number): Decision {
  if (state.stage === 'ended') return refused(state, 'the tour is over');
  if (input.kind === 'command') return command(plan, state, input.command, input.pressed, at);
  if (input.work !== state.work) return taken(state);
  switch (input.kind) {
    case 'prepared':
      return taken(enterBeat(plan.script, { ...state, orders: doneOrders(state) }, at));
    case 'ordered':
      return taken({ ...state, orders: input.orders });
    case 'awaits':
      return taken({ ...state, awaiting: input.awaiting });
    case 'performed':
      return taken({ ...state, told: input.told });
    case 'met':
      return taken({ ...withStage(state, 'done', at), awaiting: '' });
    case 'failed':
      return taken({ ...withStage(state, 'failed', at), awaiting: '', failure: input.failure });
  }
}

function command(plan: TourPlan, state: TourState, given: TourCommand, pressed: boolean, at: number): Decision {
  const closed = { ...state, overlay: 'none' as const, digits: '' };
  switch (given.name) {
    case 'next':
      return pressed ? press(plan, state, at) : next(plan, state, at);
    case 'back':
      return back(plan.script, state);
    case 'goto':
      return goTo(plan, closed, given.chapter, at);
    case 'question':
      return ask(plan, closed, given.number, at);
    case 'again':
      return again(plan, closed, at);
    case 'skip':
      return skip(plan.script, closed, at);
    case 'restart':
      return restart(plan, closed, at);
    case 'pause':
      return pause(state, given.on ?? !state.paused, at);
    case 'auto': {
      const on = given.on ?? (given.pace !== undefined || state.auto === null);
      return taken({
        ...state,
        auto: on ? (given.pace ?? plan.auto ?? { kind: 'spoken' }) : null,
        enteredAt: at,
        stageAt: at,
      });
    }
    case 'notes': {
      if (plan.recording && given.on !== false)
        return refused(state, 'the screen is being recorded, and notes are not for the audience');
      return taken({ ...state, notes: given.on ?? !state.notes });
    }
    case 'blank':
      return taken({ ...state, blank: given.on ?? !state.blank });
    case 'explore':
      return (given.on ?? state.owner === 'tour') ? explore(state) : comeBack(plan.script, state, at);
    case 'overlay':
      return taken({ ...state, overlay: given.overlay, digits: '' });
    case 'digit':
      return taken({ ...state, digits: `${state.digits}${given.digit}`.slice(-2) });
    case 'quit':
      return end(state, at);
  }
}

/** A press of next that counts only if none came shortly before, so that a key that bounces or is held counts once. */
function press(plan: TourPlan, state: TourState, at: number): Decision {
  const bounced = at - state.pressedAt < PRESS_MS;
  const pressed = { ...state, pressedAt: at };
  return bounced ? taken(pressed) : next(plan, pressed, at);
}

function next(plan: TourPlan, before: TourState, at: number): Decision {
  const { script } = plan;
  const state = { ...before, digits: '', overlay: 'none' as const };
  if (state.overlay !== before.overlay) return taken(state);
  if (state.lookBack !== null) return taken({ ...state, lookBack: forward(script, state.lookBack, state.place) });
  switch (state.stage) {
    case 'ready': {
      const timing = runIn(state.timing, state.place.part, state.place.part, at);
      return taken(enterPart(script, { ...state, timing }, state.place.part, at));
    }
    case 'shown':
      return taken([withStage(state, 'armed', at), []]);
    case 'armed':
      return taken(performs(state, 'new', at));
    case 'running':
    case 'preparing':
      return refused(state, state.awaiting === '' ? 'it is being done' : `waiting for ${state.awaiting}`);
    case 'failed':
      return refused(state, 'it failed: r does it again, s leaves it out, e explores');
    case 'done':
      return leave(plan, state, at);
    case 'ended':
      return refused(state, 'the tour is over');
  }
}

/** Goes on from a beat that is over. */
function leave(plan: TourPlan, state: TourState, at: number): Decision {
  const { script } = plan;
  const { part, beat } = state.place;
  if (beat + 1 < (partsOf(script)[part]?.beats.length ?? 0)) return taken(leaveBeat(script, state, beat + 1, at));
  if (state.resting !== null) {
    const { resting } = state;
    return taken({ ...withStage(state, resting.stage, at), ...resting, resting: null, shows: state.shows + 1 });
  }
  if (part + 1 >= script.chapters.length) return plan.loop ? beginAgain(plan, state, at) : end(state, at);
  return taken(enterPart(script, { ...state, timing: runInChapter(state, part + 1, at) }, part + 1, at));
}

/** From the first chapter, with the clock at its beginning; the server that was stopped is started by its chapter. */
function beginAgain({ script }: TourPlan, state: TourState, at: number): Decision {
  const timing = runIn({ startedAt: null, runningSince: null, spent: script.chapters.map(() => null) }, 0, 0, at);
  return taken(enterPart(script, { ...state, timing }, 0, at));
}

function goTo({ script }: TourPlan, state: TourState, number: number, at: number): Decision {
  const chapter = chapterNumbered(script, number);
  if (chapter === undefined) return refused(state, `there is no chapter ${number}`);
  const from = { ...state, resting: null, timing: runInChapter(state, chapter, at), owner: 'tour' as const };
  return taken(enterPart(script, from, chapter, at));
}

function ask({ script }: TourPlan, state: TourState, number: number, at: number): Decision {
  if (number < 1 || number > script.questions.length) return refused(state, `there is no question ${number}`);
  if (state.stage === 'ready' || state.stage === 'running' || state.stage === 'preparing') {
    return refused(state, 'a question can be opened when nothing is going on');
  }
  const { place, stage, told, failure, touched } = state;
  const resting = state.resting ?? { place, stage, told, failure, touched };
  return taken(enterPart(script, { ...state, resting }, script.chapters.length + number - 1, at));
}

function again({ script }: TourPlan, state: TourState, at: number): Decision {
  const { stage, failure, place } = state;
  if (!['shown', 'armed', 'done', 'failed'].includes(stage)) return refused(state, 'there is nothing to do again yet');
  if (failure?.again === 'chapter') return taken(enterPart(script, state, place.part, at));
  if (beatAt(script, place).command !== null) {
    return taken(performs(state, failure?.again === 'same-request' ? 'same' : 'new', at));
  }
  // What failed was begun by an earlier beat.
  if (stage === 'failed') return taken(enterPart(script, state, place.part, at));
  return refused(state, 'this beat does nothing that could be done again');
}

function skip(script: Script, state: TourState, at: number): Decision {
  switch (state.stage) {
    case 'preparing': {
      const [entered, effects] = enterBeat(script, { ...state, work: state.work + 1 }, at);
      return taken([entered, [{ kind: 'give-up' }, ...effects]]);
    }
    case 'shown':
    case 'armed':
    case 'running':
    case 'failed': {
      const done = {
        ...withStage(state, 'done', at),
        awaiting: '',
        failure: null,
        skipped: true,
        work: state.work + 1,
      };
      return taken([done, [{ kind: 'give-up' }]]);
    }
    default:
      return refused(state, 'there is nothing to leave out');
  }
}

function restart(plan: TourPlan, state: TourState, at: number): Decision {
  if (!plan.ownServer) return refused(state, 'the server is not the tour’s own, and cannot be started anew from here');
  if (state.stage === 'ready') return refused(state, 'there is nothing to start anew yet');
  const { part } = state.place;
  return taken(restarts({ ...state, owner: 'tour' }, part, at));
}

function pause(state: TourState, on: boolean, at: number): Decision {
  if (on === state.paused) return taken(state);
  const chapter = chapterOf(state);
  const started = state.timing.startedAt !== null;
  const timing = on || !started ? standStill(state.timing, chapter, at) : runIn(state.timing, chapter, chapter, at);
  return taken({ ...state, paused: on, timing, enteredAt: at, stageAt: at });
}

function explore(state: TourState): Decision {
  return taken({ ...state, owner: 'console', overlay: 'none', digits: '', blank: false });
}

/** Back from exploring: the beat's view again, and where nothing of the chapter was done yet, the room as it has to be. */
function comeBack(script: Script, state: TourState, at: number): Decision {
  if (state.owner === 'tour') return taken(state);
  const back = { ...state, owner: 'tour' as const, shows: state.shows + 1 };
  const fresh = (state.stage === 'shown' || state.stage === 'armed') && !state.touched;
  return fresh ? taken(prepares(script, back, at)) : taken(back);
}

function back(script: Script, state: TourState): Decision {
  if (state.stage === 'ready') return refused(state, 'this is the beginning');
  const from = state.lookBack ?? state.place;
  const before = placeBefore(script, from);
  return before === null ? refused(state, 'this is the beginning') : taken({ ...state, lookBack: before, digits: '' });
}

/** The beat before one; a question begins with itself. */
function placeBefore(script: Script, { part, beat }: Place): Place | null {
  if (beat > 0) return { part, beat: beat - 1 };
  if (part === 0 || isQuestion(script, part)) return null;
  return { part: part - 1, beat: (script.chapters[part - 1]?.beats.length ?? 1) - 1 };
}

/** The beat behind one that is looked back at; null where that is the present one. */
function forward(script: Script, { part, beat }: Place, present: Place): Place | null {
  const inPart = beat + 1 < (partsOf(script)[part]?.beats.length ?? 0);
  const after = inPart ? { part, beat: beat + 1 } : { part: part + 1, beat: 0 };
  return after.part === present.part && after.beat === present.beat ? null : after;
}

function runInChapter(state: TourState, chapter: number, at: number) {
  const before = chapterOf(state);
  const timing = runIn(state.timing, before, chapter, at);
  return state.paused ? standStill(timing, chapter, at) : timing;
}

function end(state: TourState, at: number): Decision {
  const timing = standStill(state.timing, chapterOf(state), at);
  const ended = {
    ...withStage(state, 'ended', at),
    timing,
    awaiting: '',
    owner: 'tour' as const,
    work: state.work + 1,
  };
  return taken([ended, [{ kind: 'give-up' }, { kind: 'end' }]]);
}

function doneOrders(state: TourState) {
  return state.orders.map((order) => ({ ...order, state: 'done' as const }));
}

function taken(result: TourState | readonly [TourState, readonly TourEffect[]]): Decision {
  const [state, effects] = Array.isArray(result) ? result : [result as TourState, []];
  return { state, effects, refusal: '' };
}

function refused(state: TourState, refusal: string): Decision {
  return { state, effects: [], refusal };
}
