import { Readable } from 'node:stream';
import type { Io, Output } from './io.ts';

/** The streams of a test, and what was written to them. */
export interface IoDouble extends Io {
  readonly written: { out: string; err: string };
}

/** What the streams of a test are like; none is a terminal unless it has a width. */
export interface IoDoubleOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly columns?: number;
  /** What somebody types, or a file that is piped in. */
  readonly input?: string | AsyncIterable<string>;
}

/** Streams that keep what is written. The configuration file of whoever runs the tests is not read. */
export function ioDouble({ env = {}, columns, input = '' }: IoDoubleOptions = {}): IoDouble {
  const written = { out: '', err: '' };
  const output = (name: 'out' | 'err'): Output => {
    const write = async (text: string) => {
      written[name] += text;
    };
    return {
      isTerminal: columns !== undefined,
      columns: () => columns ?? Number.POSITIVE_INFINITY,
      write,
      line: (text = '') => write(`${text}\n`),
    };
  };
  return {
    env: { XDG_CONFIG_HOME: '/nonexistent', ...env },
    out: output('out'),
    err: output('err'),
    inIsTerminal: columns !== undefined,
    input: Readable.from(typeof input !== 'string' ? input : input === '' ? [] : [input]),
    written,
  };
}
