import type { Key } from '../keys/chunk.ts';
import type { Pane } from '../store/layout.ts';
import type { Tone } from '../theme/theme.ts';

/** A table in a card. Columns are as wide as their texts, the last one takes what is left: its texts are cut, or wrapped. */
export interface CardTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The rows that the eye is led to. */
  readonly marked: readonly number[];
  readonly wraps: boolean;
}

/** What lies over the console for a while: texts, which are wrapped, and tables. An empty text is a blank row. */
export interface GuestCard {
  readonly title: string;
  readonly tone: 'plain' | 'warn';
  readonly body: readonly (string | CardTable)[];
}

/** What the console is to show, each time that `revision` changes. */
export interface GuestLook {
  readonly revision: number;
  /** The machine to select; null: as it was. */
  readonly machineId: string | null;
  readonly pane: Pane | null;
}

/** What a guest shows on a console, and whether it has the keyboard. */
export interface GuestView {
  readonly owner: 'guest' | 'console';
  /** Who has the keyboard, in a word: `TOUR`. */
  readonly badge: string;
  /** How the part is counted, such as `3 of 10`; empty: it is not. */
  readonly count: string;
  readonly title: string;
  /** What is done, as it would be typed; empty: nothing. */
  readonly command: string;
  /** How it stands. */
  readonly status: { readonly tone: Tone; readonly text: string };
  /** The keys that do something now, the most important first. */
  readonly keys: readonly { readonly key: string; readonly label: string }[];
  readonly card: GuestCard | null;
  /** Nothing at all is to be seen. */
  readonly blank: boolean;
  readonly look: GuestLook;
}

/** Somebody who uses a console as a stage: a strip below it, cards over it, and the keyboard when it wants it. */
export interface ConsoleGuest {
  /** What is shown now; the same object until something changes. */
  view(): GuestView;
  /** Calls `listener` after every change, until the function that it answers is called. */
  subscribe(listener: () => void): () => void;
  /** Offers a key. True: it was the guest's, and the console does not see it. */
  key(key: Key): boolean;
  /** Resolves when the console is to end with its guest. */
  readonly ended: Promise<void>;
}

/** Rows of the strip; the console has the others. */
export const STRIP_ROWS = 2;
