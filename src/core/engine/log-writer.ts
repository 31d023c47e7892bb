import type { Progress } from '../domain/run.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogStream } from '../ports/provider.ts';
import type { Claim, LogBatch, LogDraft, Store } from '../ports/store.ts';
import { splitLine } from './log-line.ts';

/** Lines wait at most this long for others to share their write, in milliseconds. */
export const FLUSH_AFTER_MS = 50;
/** So many bytes are written at once, without waiting for more. */
export const FLUSH_AT_BYTES = 64 * 1024;
/** What one run may have waiting while the store cannot take it, in bytes; lines past it are dropped, and a line says so. */
export const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** Progress of a run is written at most this often, in milliseconds. */
export const PROGRESS_EVERY_MS = 500;
/** After a write that failed the next one waits this long, in milliseconds. */
const RETRY_AFTER_MS = 250;

/** Takes the lines and the progress of calls and writes them in batches, beside the events and never in front of them. */
export interface LogWriter {
  /** Takes one line; line ends in it make it several. */
  line(claim: Claim, stream: LogStream, text: string, step: string, attempt: number): void;
  /** Takes how far a call has come; the last one wins. */
  progress(claim: Claim, progress: Progress): void;
  /** Resolves when every line that was taken for this claim is durable, or refused because the fence has moved on. */
  flush(claim: Claim): Promise<void>;
  /** Forgets a claim; what it has waiting is still written. */
  end(claim: Claim): void;
}

/** What one claim has waiting. */
interface Waiting {
  readonly claim: Claim;
  lines: LogDraft[];
  bytes: number;
  dropped: number;
  progress: Progress | null;
  /** Monotonic time of the last progress that was taken for writing. */
  progressAt: number;
  ended: boolean;
  flushed: (() => void)[];
}

/**
 * Makes the log writer of one server.
 *
 * @param onError told of a write that failed; what it held is kept and written again
 */
export function createLogWriter(
  store: Store,
  clock: Clock,
  owner: string,
  onError: (error: unknown) => void,
): LogWriter {
  const runs = new Map<Claim, Waiting>();
  let bytes = 0;
  let timer: (() => void) | null = null;
  let writing = false;
  /** After a write that failed, until it is tried again: a store that is away is not asked with every line. */
  let holdsOff = false;

  const of = (claim: Claim): Waiting => {
    let waiting = runs.get(claim);
    if (waiting === undefined) {
      waiting = {
        claim,
        lines: [],
        bytes: 0,
        dropped: 0,
        progress: null,
        progressAt: Number.NEGATIVE_INFINITY,
        ended: false,
        flushed: [],
      };
      runs.set(claim, waiting);
    }
    return waiting;
  };

  const writeIn = (ms: number) => {
    if (writing || timer !== null) return;
    timer = clock.after(ms, () => {
      timer = null;
      holdsOff = false;
      void write();
    });
  };

  const writeNow = () => {
    if (holdsOff) return;
    timer?.();
    timer = null;
    if (!writing) void write();
  };

  const write = async () => {
    writing = true;
    const taken = [...runs.values()].flatMap((waiting) => take(waiting, clock));
    bytes = 0;
    const failed = taken.length > 0 && !(await append(taken));
    writing = false;
    for (const [claim, waiting] of runs) {
      if (waiting.lines.length > 0) continue;
      for (const resolve of waiting.flushed.splice(0)) resolve();
      if (waiting.ended) runs.delete(claim);
    }
    const left = [...runs.values()];
    if (failed) {
      holdsOff = true;
      writeIn(RETRY_AFTER_MS);
    } else if (left.some((waiting) => waiting.flushed.length > 0) || bytes >= FLUSH_AT_BYTES) writeNow();
    else if (left.some((waiting) => waiting.lines.length > 0 || waiting.progress !== null)) writeIn(FLUSH_AFTER_MS);
  };

  const append = async (taken: readonly Taken[]): Promise<boolean> => {
    try {
      await store.appendLogs(
        taken.map(({ waiting, lines, progress }) => batchOf(waiting.claim, owner, lines, progress)),
      );
      return true;
    } catch (error) {
      onError(error);
      for (const { waiting, lines, progress } of taken) {
        waiting.lines = [...lines, ...waiting.lines];
        waiting.bytes += lines.reduce((sum, line) => sum + line.data.length, 0);
        waiting.progress ??= progress;
      }
      return false;
    }
  };

  return {
    line(claim, stream, text, step, attempt) {
      const waiting = of(claim);
      for (const data of splitLine(text)) {
        if (waiting.bytes + data.length > MAX_WAITING_BYTES) {
          waiting.dropped += 1;
          continue;
        }
        if (waiting.dropped > 0) {
          const note = `${waiting.dropped} lines were dropped: the store could not take them in time`;
          for (const told of splitLine(note)) {
            waiting.lines.push({ at: clock.now(), stream: 'stderr', data: told, step, attempt });
          }
          waiting.dropped = 0;
        }
        waiting.lines.push({ at: clock.now(), stream, data, step, attempt });
        waiting.bytes += data.length;
        bytes += data.length;
      }
      if (bytes >= FLUSH_AT_BYTES) writeNow();
      else writeIn(FLUSH_AFTER_MS);
    },
    progress(claim, progress) {
      of(claim).progress = progress;
      writeIn(FLUSH_AFTER_MS);
    },
    flush(claim) {
      const waiting = runs.get(claim);
      if (waiting === undefined || (waiting.lines.length === 0 && !writing)) return Promise.resolve();
      return new Promise((resolve) => {
        waiting.flushed.push(resolve);
        writeNow();
      });
    },
    end(claim) {
      const waiting = runs.get(claim);
      if (waiting === undefined) return;
      waiting.ended = true;
      waiting.progress = null;
      if (waiting.lines.length === 0 && !writing) runs.delete(claim);
    },
  };
}

interface Taken {
  readonly waiting: Waiting;
  readonly lines: readonly LogDraft[];
  readonly progress: Progress | null;
}

/** Takes what a claim has waiting; progress only where the last one is long enough ago. */
function take(waiting: Waiting, clock: Clock): Taken[] {
  const now = clock.monotonic();
  const progress = now - waiting.progressAt >= PROGRESS_EVERY_MS ? waiting.progress : null;
  if (progress !== null) {
    waiting.progress = null;
    waiting.progressAt = now;
  }
  const { lines } = waiting;
  waiting.lines = [];
  waiting.bytes = 0;
  return lines.length === 0 && progress === null ? [] : [{ waiting, lines, progress }];
}

function batchOf(claim: Claim, owner: string, lines: readonly LogDraft[], progress: Progress | null): LogBatch {
  return { runId: claim.runId, owner, fence: claim.fence, lines, progress };
}
