import { scopeOf } from '../keys/dispatch.ts';
import type { ConsoleState, Toast } from '../store/state.ts';
import type { ConsoleStore } from '../store/store.ts';
import { paneSentences, placeNews } from './about-place.ts';
import { questionNews, questionSentences } from './about-question.ts';
import { inventorySentence, linkSentence, serverNews } from './about-server.ts';
import { wireNews, wireSentences } from './about-wire.ts';
import { spoken } from './words.ts';

/** Says in lines what a console would show: everything once when it begins, and then what changes. */
export class Narrator {
  readonly #store: ConsoleStore;
  readonly #readScreen: () => readonly string[];
  #write: (line: string) => void = () => undefined;
  /** What was read of a screen that is read as a whole. */
  #screen: readonly string[] = [];

  /** @param readScreen the screen that is up, line by line; for those that are read as a whole */
  constructor(store: ConsoleStore, readScreen: () => readonly string[]) {
    this.#store = store;
    this.#readScreen = readScreen;
  }

  /** Begins to say it. @param write writes one line @returns what ends it */
  start(write: (line: string) => void): () => void {
    this.#write = write;
    this.#say([
      'bmdemo, for a screen reader: what changes is said in lines.',
      linkSentence(this.#store.getState().connection),
    ]);
    return this.#store.subscribe((state, before) => this.#tell(before, state));
  }

  /** Says again what is there now. */
  readAgain(): void {
    const state = this.#store.getState();
    const { connection, machines, ui } = state;
    if (ui.dialog !== undefined) this.#say(questionSentences(ui.dialog));
    else if (wholeScreen(state) !== '') this.#readWhole();
    else if (state.wire.open) this.#say(wireSentences(state));
    else {
      const inventory = machines.loaded ? [inventorySentence(state)] : [];
      this.#say([linkSentence(connection), ...inventory, ...(machines.ids.length > 0 ? paneSentences(state) : [])]);
    }
  }

  #tell(before: ConsoleState, state: ConsoleState): void {
    const lines = [
      ...serverNews(before, state),
      ...questionNews(before, state),
      ...wireNews(before, state),
      ...(state.wire.open ? [] : placeNews(before, state)),
      ...toastNews(before.ui.toast, state.ui.toast),
    ];
    const [was, is] = [wholeScreen(before), wholeScreen(state)];
    this.#say(lines);
    if (was === is) return;
    if (is === '') this.#say(paneSentences(state));
    else this.#readWhole();
  }

  /** Says what keys have changed on a screen that is read as a whole: others change there all the time. */
  keysPressed(): void {
    if (wholeScreen(this.#store.getState()) === '') return;
    const known = new Set(this.#screen);
    const elsewhere = new Set(this.#screen.map(withoutCaret));
    const before = this.#screen.findIndex(hasCaret);
    this.#screen = this.#readScreen();
    // Two rows may read alike: the cursor has moved all the same.
    const moved = this.#screen.findIndex(hasCaret) !== before;
    const isNews = (line: string) => (hasCaret(line) ? moved || !known.has(line) : !elsewhere.has(line));
    this.#say(this.#screen.filter(isNews));
  }

  #readWhole(): void {
    this.#screen = this.#readScreen();
    this.#say(this.#screen);
  }

  #say(lines: readonly string[]): void {
    for (const line of lines) this.#write(line);
  }
}

/** The screen that is up, if it is one that is read as a whole; empty: what changes on it is told piece by piece. */
function wholeScreen(state: ConsoleState): string {
  return scopeOf(state) === 'help' ? 'help' : '';
}

function hasCaret(line: string): boolean {
  return line.startsWith('> ');
}

function withoutCaret(line: string): string {
  return hasCaret(line) ? line.slice(2) : line;
}

const TONES: Readonly<Record<Toast['tone'], string>> = { ok: '', info: '', warn: 'Warning: ', error: 'Error: ' };

function toastNews(was: Toast | undefined, is: Toast | undefined): readonly string[] {
  return is === undefined || is === was ? [] : [TONES[is.tone] + spoken(is.text)];
}
