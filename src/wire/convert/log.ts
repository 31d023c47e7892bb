import { create } from '@bufbuild/protobuf';
import type { Millis } from '../../core/domain/time.ts';
import type { LogChunk } from '../gen/baremetal/v1/run_pb.ts';
import { LogChunkSchema } from '../gen/baremetal/v1/run_pb.ts';
import { timestampOf } from './time.ts';

/** A line of a run's log as the store keeps it. */
export interface LogRecord {
  readonly at: Millis;
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
  readonly sequence: number;
  readonly step: string;
  readonly attempt: number;
}

/** A line of a run's log as clients see it. */
export function logToWire(runId: string, line: LogRecord): LogChunk {
  return create(LogChunkSchema, {
    ts: timestampOf(line.at),
    runId,
    stream: line.stream,
    data: line.data,
    sequence: BigInt(line.sequence),
    step: line.step,
    attempt: line.attempt,
  });
}
