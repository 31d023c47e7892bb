import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** The world of one command: where it writes, and what it knows of its surroundings. */
export interface Io {
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  readonly err: Output;
  /** Whether keys can be read. */
  readonly inIsTerminal: boolean;
  /** What is written to it: a file, or the answers of whoever sits there. */
  readonly input: Readable;
}

/** A stream that people or programs read. */
export interface Output {
  readonly isTerminal: boolean;
  /** How wide it is in cells; endless where no terminal says otherwise. */
  columns(): number;
  /** Writes the text; resolves when more may come, so that a slow reader is waited for. */
  write(text: string): Promise<void>;
  /** Writes the text and a line end. */
  line(text?: string): Promise<void>;
}

/** A stream of this process as an Output. */
function outputOf(stream: Writable & { readonly isTTY?: boolean; readonly columns?: number }): Output {
  const write = async (text: string) => {
    if (!stream.write(text)) await once(stream, 'drain');
  };
  return {
    isTerminal: stream.isTTY === true,
    columns: () => (stream.isTTY === true && stream.columns ? stream.columns : Number.POSITIVE_INFINITY),
    write,
    line: (text = '') => write(`${text}\n`),
  };
}

/** The streams of this process. */
export function processIo(): Io {
  return {
    env: process.env,
    out: outputOf(process.stdout),
    err: outputOf(process.stderr),
    inIsTerminal: process.stdin.isTTY === true,
    input: process.stdin,
  };
}
