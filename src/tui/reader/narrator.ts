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
    else if (ui.helpTop !== undefined) this.#say(this.#readScreen());
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
    const [was, is] = [before.ui.helpTop, state.ui.helpTop];
    if (is !== undefined && was === undefined) lines.push(...this.#readScreen());
    if (is === undefined && was !== undefined) lines.push('The help is closed.');
    this.#say(lines);
  }

  #say(lines: readonly string[]): void {
    for (const line of lines) this.#write(line);
  }
}

const TONES: Readonly<Record<Toast['tone'], string>> = { ok: '', info: '', warn: 'Warning: ', error: 'Error: ' };

function toastNews(was: Toast | undefined, is: Toast | undefined): readonly string[] {
  return is === undefined || is === was ? [] : [TONES[is.tone] + spoken(is.text)];
}
