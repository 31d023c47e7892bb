import { isTerminal } from '../../core/domain/run.ts';
import type { Outgoing } from '../../wire/bridge.ts';
import type { LogChunkSchema } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { Hub } from './hub.ts';

/** Whose log is asked for, and how much of it. */
export interface LogRequest {
  /** A run that there is. */
  readonly runId: string;
  /** The last line that the client has; 0: none. */
  readonly after: number;
  /** False: ends after the lines that are there. */
  readonly follow: boolean;
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

/** A run's log, line by line, until the run has come to rest and every line is sent. */
export async function* runLogs(hub: Hub, request: LogRequest): AsyncGenerator<Outgoing<typeof LogChunkSchema>> {
  const { runId, follow, signal } = request;
  const window = hub.logs.open(runId);
  let after = request.after;
  try {
    while (!signal.aborted) {
      const { count } = window.news;
      // Asked before reading: the last lines are durable before the run comes to rest.
      const complete = !follow || (await atRest(hub, runId));
      for (;;) {
        const chunks = await window.read(after);
        if (chunks.length === 0 || signal.aborted) break;
        for (const { sequence, encoded } of chunks) {
          yield encoded;
          after = sequence;
        }
      }
      if (complete) return;
      await window.news.wait(count, signal);
    }
  } finally {
    hub.logs.close(runId);
  }
}

/** True once nothing can be added to the run's log; a run that was swept meanwhile has come to rest. */
async function atRest(hub: Hub, runId: string): Promise<boolean> {
  if (hub.live.get(runId) !== null) return false;
  const row = await hub.store.run(runId);
  return row === null || (isTerminal(row.run.phase) && !row.run.stopping);
}
