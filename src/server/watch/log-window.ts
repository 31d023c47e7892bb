import type { LogLine, Store } from '../../core/ports/store.ts';
import type { Encoded } from '../../wire/bridge.ts';
import { encodeOnce } from '../../wire/bridge.ts';
import { logToWire } from '../../wire/convert/log.ts';
import { LogChunkSchema } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { Wakeup } from './wakeup.ts';

/** A line of a log, ready to be sent. */
export interface Chunk {
  readonly sequence: number;
  readonly encoded: Encoded<typeof LogChunkSchema>;
}

interface Loading {
  readonly after: number;
  readonly count: number;
  readonly chunks: Promise<readonly Chunk[]>;
}

/** Lines read from the store in one go. */
const PAGE = 256;
/** What a window keeps at most: the newest lines that its readers have read. */
const MAX_CHUNKS = 1_024;
const MAX_BYTES = 512 * 1024;

/**
 * The end of one run's log, for those who follow it: a line is read and encoded once for all of them. Who is behind the
 * window reads from the store.
 */
export class LogWindow {
  readonly #store: Store;
  readonly #runId: string;
  /** Wakes readers when the log may have grown, or the run may have ended. */
  readonly news = new Wakeup();
  #chunks: Chunk[] = [];
  #bytes = 0;
  /** Every line above this one, up to the last chunk, is in the window. */
  #from: number | null = null;
  #loading: Loading | null = null;

  constructor(store: Store, runId: string) {
    this.#store = store;
    this.#runId = runId;
  }

  /** Lines with a sequence above `after`, as many as are handy; none: there are no more at this moment. */
  async read(after: number): Promise<readonly Chunk[]> {
    const kept = this.#kept(after);
    if (kept.length > 0) return kept;
    if (this.#from !== null && after !== this.#last) return this.#load(after);
    // What is being read for another reader will do, unless there has been news since it was asked for.
    const { count } = this.news;
    if (this.#loading?.after === after && this.#loading.count === count) return this.#loading.chunks;
    const loading: Loading = { after, count, chunks: this.#load(after).then((chunks) => this.#append(after, chunks)) };
    this.#loading = loading;
    try {
      return await loading.chunks;
    } finally {
      if (this.#loading === loading) this.#loading = null;
    }
  }

  get #last(): number {
    return this.#chunks.at(-1)?.sequence ?? this.#from ?? 0;
  }

  #kept(after: number): readonly Chunk[] {
    if (this.#from === null || after < this.#from) return [];
    return this.#chunks.slice(firstAbove(this.#chunks, after));
  }

  async #load(after: number): Promise<readonly Chunk[]> {
    const lines = await this.#store.logs(this.#runId, after, PAGE);
    return lines.map((line) => ({ sequence: line.sequence, encoded: this.#encode(line) }));
  }

  #encode(line: LogLine): Encoded<typeof LogChunkSchema> {
    return encodeOnce(LogChunkSchema, logToWire(this.#runId, line));
  }

  #append(after: number, chunks: readonly Chunk[]): readonly Chunk[] {
    // Two may have read the same lines, one of them before there was news.
    const follows = this.#from === null || after === this.#last;
    if (chunks.length === 0 || !follows) return chunks;
    this.#from ??= after;
    for (const chunk of chunks) {
      this.#chunks.push(chunk);
      this.#bytes += chunk.encoded.bytes.length;
    }
    let drop = 0;
    while (this.#chunks.length - drop > MAX_CHUNKS || this.#bytes > MAX_BYTES) {
      const oldest = this.#chunks[drop];
      if (oldest === undefined) break;
      this.#bytes -= oldest.encoded.bytes.length;
      this.#from = oldest.sequence;
      drop += 1;
    }
    if (drop > 0) this.#chunks = this.#chunks.slice(drop);
    return chunks;
  }
}

/** The index of the first chunk with a sequence above `after`; they are in order. */
function firstAbove(chunks: readonly Chunk[], after: number): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((chunks[middle]?.sequence ?? 0) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
