import type { Beat, Chapter, Condition, Script } from '../script/script.ts';

/**
 * Where the tour stands within a beat.
 *
 * - `ready`: the ready card, before the first next
 * - `preparing`: the room is being put in order for a chapter
 * - `shown`: the beat is shown, its command is not
 * - `armed`: the command is shown, and next runs it
 * - `running`: the command is under way, or something is awaited
 * - `done`: next leaves the beat
 * - `failed`: again, skip and explore are offered
 * - `ended`: the tour is over
 */
export type Stage = 'ready' | 'preparing' | 'shown' | 'armed' | 'running' | 'done' | 'failed' | 'ended';

/** A beat: the place of its part among all parts, chapters first and questions behind them, and its own within it. */
export interface Place {
  readonly part: number;
  readonly beat: number;
}

/** Why something did not work, and how it may be tried again. */
export interface Failure {
  /** What happened, as a sentence. */
  readonly sentence: string;
  /**
   * `new-request`: as another request · `same-request`: the answer was lost, so the very same request ·
   * `chapter`: from the beginning of the chapter, with the room put in order first
   */
  readonly again: 'new-request' | 'same-request' | 'chapter';
}

/** One command of those that put the room in order. */
export interface Order {
  readonly text: string;
  readonly state: 'running' | 'done' | 'failed';
}

/** How the tour plays by itself: a beat is shown for so long, or for as long as it takes to say what it says. */
export type Pace = { readonly kind: 'fixed'; readonly ms: number } | { readonly kind: 'spoken' };

/** What lies over the screen because a key asked for it. */
export type Overlay = 'none' | 'help' | 'chapters' | 'quit';

/** The time of a talk, in milliseconds; times of day since 1970. */
export interface Timing {
  /** When the clock started; null: it has not. */
  readonly startedAt: number | null;
  /** Since when it runs; null: it stands still. */
  readonly runningSince: number | null;
  /** The time spent in each chapter, without what has passed since `runningSince`; null: not entered yet. */
  readonly spent: readonly (number | null)[];
}

/** What a question goes back to. */
export interface Resting {
  readonly place: Place;
  readonly stage: Stage;
  readonly told: string;
  readonly failure: Failure | null;
  readonly touched: boolean;
}

/** A tour at one moment: what is shown, and nothing of how it is done. */
export interface TourState {
  readonly place: Place;
  readonly stage: Stage;
  /** When the beat was entered, and when the stage; ms since 1970. */
  readonly enteredAt: number;
  readonly stageAt: number;
  /** Counts what was begun: what an older one reports counts no more. */
  readonly work: number;
  /** What is awaited, as a sentence; empty: nothing. */
  readonly awaiting: string;
  /** What came of the command, as a sentence; empty: nothing to tell. */
  readonly told: string;
  readonly failure: Failure | null;
  /** The action of this beat was left out. */
  readonly skipped: boolean;
  /** A command of this part has been run since it was entered. */
  readonly touched: boolean;
  /** What is being done, or was done last, to put the room in order. */
  readonly orders: readonly Order[];
  /** The beat whose notes are shown in place of the present one; null: none. */
  readonly lookBack: Place | null;
  /** What comes back when a question is over; null: no question is open. */
  readonly resting: Resting | null;
  readonly owner: 'tour' | 'console';
  readonly paused: boolean;
  readonly auto: Pace | null;
  readonly blank: boolean;
  /** The notes are shown on the audience's screen. */
  readonly notes: boolean;
  readonly overlay: Overlay;
  /** The number that is being typed; empty: none. */
  readonly digits: string;
  /** When next was last pressed, counted or not; ms since 1970. */
  readonly pressedAt: number;
  readonly timing: Timing;
  /** Counts how often the console was asked to show what the beat wants to be seen. */
  readonly shows: number;
}

/** What goes into a tour. */
export interface TourPlan {
  readonly script: Script;
  /** How long the whole talk is to take, in minutes. */
  readonly minutes: number;
  /** The place of the chapter that it begins with. */
  readonly from: number;
  readonly auto: Pace | null;
  /** False: the server is somebody else's, and can be neither started anew nor stopped. */
  readonly ownServer: boolean;
  /** True: after its end it begins again, and a failure starts the server anew. */
  readonly loop: boolean;
  /** True: notes in place are refused, because the audience's screen is recorded. */
  readonly recording: boolean;
}

/** A chapter or a question, as far as it is played. */
export interface Part {
  readonly title: string;
  readonly needs: readonly Condition[];
  readonly beats: readonly Beat[];
}

/** All parts: the chapters in order, then the questions. */
export function partsOf({ chapters, questions }: Script): readonly Part[] {
  return [...chapters, ...questions.map(({ question, needs, beats }) => ({ title: question, needs, beats }))];
}

/** The beat at a place. */
export function beatAt(script: Script, { part, beat }: Place): Beat {
  const found = partsOf(script)[part]?.beats[beat];
  if (found === undefined) throw new Error(`the script has no beat ${beat} in part ${part}`);
  return found;
}

/** Whether a part is a question. */
export function isQuestion({ chapters }: Script, part: number): boolean {
  return part >= chapters.length;
}

/** The place of the chapter that the tour is in; while a question is open, of the one that it was asked in. */
export function chapterOf(state: Pick<TourState, 'place' | 'resting'>): number {
  return state.resting?.place.part ?? state.place.part;
}

/** The number of a chapter, as it is typed before G: an opening is 0, and what follows 1, 2, 3 … */
export function numberOf({ chapters }: Script, at: number): number {
  return chapters[0]?.counted === false ? at : at + 1;
}

/** The place of the chapter of that number; undefined: there is none. */
export function chapterNumbered(script: Script, number: number): number | undefined {
  const at = script.chapters.findIndex((_, index) => numberOf(script, index) === number);
  return at < 0 ? undefined : at;
}

/** How the strip counts a chapter, such as `3 of 10`; empty for what frames the walk. */
export function countOf({ chapters }: Script, at: number): string {
  const counted = (chapter: Chapter | undefined) => chapter?.counted === true;
  if (!counted(chapters[at])) return '';
  return `${chapters.slice(0, at + 1).filter(counted).length} of ${chapters.filter(counted).length}`;
}

/** A tour before its first next. @param at the time, in ms since 1970 */
export function initialState({ script, from, auto }: TourPlan, at: number): TourState {
  return {
    place: { part: from, beat: 0 },
    stage: 'ready',
    enteredAt: at,
    stageAt: at,
    work: 0,
    awaiting: '',
    told: '',
    failure: null,
    skipped: false,
    touched: false,
    orders: [],
    lookBack: null,
    resting: null,
    owner: 'tour',
    paused: false,
    auto,
    blank: false,
    notes: false,
    overlay: 'none',
    digits: '',
    pressedAt: Number.NEGATIVE_INFINITY,
    timing: { startedAt: null, runningSince: null, spent: script.chapters.map(() => null) },
    shows: 0,
  };
}
