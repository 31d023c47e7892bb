import type { ServiceClient } from '../wire/bridge-client.ts';
import type { LogChunk, LogChunkSchema } from '../wire/gen/baremetal/v1/run_pb.ts';
import { RunService } from '../wire/gen/baremetal/v1/run_service_pb.ts';
import type { StreamSettings } from './resume.ts';
import { resuming } from './resume.ts';
import type { CallRoom } from './unary.ts';

/** Whose log, and which part of it. */
export interface LogRequest {
  readonly runId: string;
  /** The lines behind this one; all if not given. */
  readonly afterSequence?: bigint | undefined;
  /** Whether to wait for later lines until the run has ended, or to end with what is there; true if not given. */
  readonly follow?: boolean | undefined;
}

type LogPlace = { runId: string; afterSequence: bigint; noFollow: boolean };

/** A run's log lines in order, each once, across losses; ends once the run has ended and its last line was given out. */
export function followLogs(
  calls: ServiceClient<typeof RunService>,
  { runId, afterSequence = 0n, follow = true }: LogRequest,
  room: CallRoom,
  settings: StreamSettings,
): AsyncGenerator<LogChunk, void, undefined> {
  let sequence = afterSequence;
  const { metadata } = room;
  return resuming<typeof LogChunkSchema, LogPlace>(
    {
      method: RunService.method.streamRunLogs,
      place: () => ({ runId, afterSequence: sequence, noFollow: !follow }),
      open: (place, signal) => calls.streamRunLogs(place, { signal, metadata }),
      accept: (line) => {
        if (line.sequence <= sequence) return false;
        sequence = line.sequence;
        return true;
      },
      // Lines keep their numbers for good, so going on behind line 0 is going on, too.
      hasPlace: () => true,
      forget: () => {},
      ends: true,
    },
    room,
    settings,
  );
}
