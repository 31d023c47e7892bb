import { failureMessage } from '../backend.ts';
import type { Copied } from '../store/copied.ts';
import type { Toast } from '../store/state.ts';
import { replaceFile } from '../terminal/private-file.ts';

/** What is said of something that was done. */
export type Notice = Pick<Toast, 'tone' | 'text'>;

const FILE = 'last-copy.txt';

/** The longest text that is sent to a terminal, in bytes: several take no more than 100,000 characters of base64. */
const MAX_BYTES = 74_994;

const TMUX_HINT = 'in tmux it takes: set -g set-clipboard on';

/** Where what is copied goes: to the terminal's clipboard, from which no answer comes, so also to a file. */
export class Clipboard {
  readonly #send: (text: string) => void;
  readonly #directory: string;
  #hint: string;

  /**
   * @param send asks the terminal to take a text
   * @param directory where the file goes
   * @param inTmux whether tmux stands between here and the terminal: as it comes, it drops what is sent
   */
  constructor(send: (text: string) => void, directory: string, inTmux: boolean) {
    this.#send = send;
    this.#directory = directory;
    this.#hint = inTmux ? ` · ${TMUX_HINT}` : '';
  }

  /** Copies a text, and says where it is. */
  async copy({ what, text }: Copied): Promise<Notice> {
    const fits = Buffer.byteLength(text) <= MAX_BYTES;
    if (fits) this.#send(text);
    const hint = fits ? this.#takeHint() : '';
    try {
      const path = await replaceFile(this.#directory, FILE, text);
      if (!fits) return { tone: 'warn', text: `${what}: too long for a clipboard · in ${path}` };
      return { tone: 'ok', text: `${what} sent to the clipboard · also in ${path}${hint}` };
    } catch (error) {
      const fault = `the file was not written: ${failureMessage(error)}`;
      if (!fits) return { tone: 'error', text: `${what}: too long for a clipboard, and ${fault}` };
      return { tone: 'warn', text: `${what} sent to the clipboard; ${fault}${hint}` };
    }
  }

  /** Said once: who has read it knows it. */
  #takeHint(): string {
    const hint = this.#hint;
    this.#hint = '';
    return hint;
  }
}
