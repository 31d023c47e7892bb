import type { Failure, Order, Pace } from './state.ts';

/** What a key, a remote or the tour itself asks for. */
export type TourCommand =
  | { readonly name: 'next' | 'back' | 'again' | 'skip' | 'restart' | 'quit' }
  /** To a chapter by its number, the opening being 0. */
  | { readonly name: 'goto'; readonly chapter: number }
  /** To a question by its number, from 1. */
  | { readonly name: 'question'; readonly number: number }
  /** `on` absent: the other way round. */
  | { readonly name: 'pause' | 'notes' | 'blank' | 'explore'; readonly on?: boolean | undefined }
  | { readonly name: 'auto'; readonly on?: boolean | undefined; readonly pace?: Pace | undefined }
  /** What only the keys of the audience's screen do. */
  | { readonly name: 'overlay'; readonly overlay: 'none' | 'help' | 'chapters' | 'quit' }
  | { readonly name: 'digit'; readonly digit: string };

/** Everything that moves a tour on. `work` names what it reports on. */
export type TourInput =
  /** `pressed`: by a person, so that presses in quick succession count once. */
  | { readonly kind: 'command'; readonly command: TourCommand; readonly pressed: boolean }
  | { readonly kind: 'prepared'; readonly work: number }
  | { readonly kind: 'ordered'; readonly work: number; readonly orders: readonly Order[] }
  | { readonly kind: 'awaits'; readonly work: number; readonly awaiting: string }
  /** The command was carried out, and this is what came of it. */
  | { readonly kind: 'performed'; readonly work: number; readonly told: string }
  /** All that the beat waits for is so. */
  | { readonly kind: 'met'; readonly work: number }
  | { readonly kind: 'failed'; readonly work: number; readonly failure: Failure };

/** What is to be done because of an input. Whatever was being done before is given up. */
export type TourEffect =
  /** Puts the room in order for the part, then reports `prepared`. */
  | { readonly kind: 'prepare'; readonly work: number; readonly part: number }
  /** Starts the server anew with a fresh store, and prepares the part. */
  | { readonly kind: 'restart'; readonly work: number; readonly part: number }
  /** Carries out the command of the beat and reports `performed`; then waits as `await` does. */
  | { readonly kind: 'perform'; readonly work: number; readonly request: 'new' | 'same' }
  /** Waits for what the beat waits for, and reports `met`. */
  | { readonly kind: 'await'; readonly work: number }
  | { readonly kind: 'give-up' }
  | { readonly kind: 'end' };
