import type { Client } from '../../../src/client/client.ts';
import type { LogChunk } from '../../../src/wire/gen/baremetal/v1/run_pb.ts';

/** The lines of a run's log as somebody has read them. */
export interface ReadLog {
  readonly runId: string;
  readonly lines: readonly string[];
  /** What was wrong with their numbers. */
  readonly faults: readonly string[];
}

/** Follows a run's log to its end, across whatever becomes of the servers. */
export async function followLog(client: Client, runId: string, follow = true): Promise<ReadLog> {
  const lines: string[] = [];
  const faults: string[] = [];
  for await (const line of client.followLogs({ runId, follow })) {
    if (Number(line.sequence) !== lines.length + 1) {
      faults.push(`log of ${runId}: line ${line.sequence} comes as number ${lines.length + 1}`);
    }
    lines.push(textOf(line));
  }
  return { runId, lines, faults };
}

function textOf({ stream, step, attempt, data }: LogChunk): string {
  return `${stream} ${step}/${attempt} ${Buffer.from(data).toString()}`;
}

/** Says which lines that somebody has read are not there any more, or are other ones. */
export async function judgeLogs(client: Client, read: readonly ReadLog[]): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { runId, lines, faults: seen } of read) {
    const now = await followLog(client, runId, false);
    faults.push(...seen, ...now.faults);
    const other = lines.findIndex((line, index) => line !== now.lines[index]);
    if (other >= 0) faults.push(`log of ${runId}: line ${other + 1} was "${lines[other]}", is "${now.lines[other]}"`);
    if (now.lines.length !== lines.length) {
      faults.push(`log of ${runId}: its follower was let go after ${lines.length} of ${now.lines.length} lines`);
    }
  }
  return faults;
}
