import type { Script } from '../script/script.ts';
import type { TourEffect } from './input.ts';
import type { Stage, TourState } from './state.ts';
import { beatAt, partsOf } from './state.ts';

/** A state, and what is to be done with it. */
type Step = readonly [TourState, readonly TourEffect[]];

/** The state in another stage, as of now. */
export function withStage(state: TourState, stage: Stage, at: number): TourState {
  return { ...state, stage, stageAt: at };
}

/** Enters a part at its first beat; what it needs is brought about before the beat is shown. */
export function enterPart(script: Script, state: TourState, part: number, at: number): Step {
  const entered = { ...state, place: { part, beat: 0 }, touched: false, orders: [] };
  return prepares(script, clean(entered, at), at);
}

/** Brings about what the part needs, then shows its present beat. */
export function prepares(script: Script, state: TourState, at: number): Step {
  const { part } = state.place;
  const preparing = { ...withStage(state, 'preparing', at), work: state.work + 1, failure: null };
  if ((partsOf(script)[part]?.needs.length ?? 0) === 0) return enterBeat(script, preparing, at);
  return [preparing, [{ kind: 'prepare', work: preparing.work, part }]];
}

/** Starts the server anew, then enters the part at its first beat. */
export function restarts(state: TourState, part: number, at: number): Step {
  const entered = clean({ ...state, place: { part, beat: 0 }, touched: false, orders: [] }, at);
  const preparing = {
    ...withStage(entered, 'preparing', at),
    work: state.work + 1,
    awaiting: 'the server to start anew',
  };
  return [preparing, [{ kind: 'restart', work: preparing.work, part }]];
}

/** Goes from one beat of a part to another. */
export function leaveBeat(script: Script, state: TourState, beat: number, at: number): Step {
  return enterBeat(script, { ...state, place: { ...state.place, beat } }, at);
}

/** Shows the present beat: one without a command begins at once to wait for what it waits for. */
export function enterBeat(script: Script, state: TourState, at: number): Step {
  const { command, waitFor } = beatAt(script, state.place);
  const entered = { ...clean(state, at), shows: state.shows + 1, enteredAt: at };
  if (command !== null) return [withStage(entered, 'shown', at), []];
  if (waitFor.length === 0) return [withStage(entered, 'done', at), []];
  const running = { ...withStage(entered, 'running', at), work: state.work + 1 };
  return [running, [{ kind: 'await', work: running.work }]];
}

/** Runs the command of the present beat. */
export function performs(state: TourState, request: 'new' | 'same', at: number): Step {
  const cleaned = clean(state, at);
  const running = { ...withStage(cleaned, 'running', at), work: state.work + 1, touched: true, shows: state.shows + 1 };
  return [running, [{ kind: 'perform', work: running.work, request }]];
}

/** Forgets what was said of the beat before. What the presenter has opened or begun to type is not the beat's. */
function clean(state: TourState, at: number): TourState {
  return {
    ...state,
    awaiting: '',
    told: '',
    failure: null,
    skipped: false,
    lookBack: null,
    stageAt: at,
  };
}
