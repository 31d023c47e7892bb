import type { Client } from '../../client/client.ts';
import type { StreamState } from '../../client/resume.ts';
import { millis } from '../../tui/format/time.ts';
import type { RunEvent } from '../../wire/gen/baremetal/v1/event_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { CommandFailure } from '../failure.ts';
import type { LiveLines } from '../output/live.ts';
import type { Paint } from '../output/paint.ts';
import { FollowedLog, PATIENCE_MS } from './followed-log.ts';
import { RunLines, underWayText } from './run-lines.ts';
import type { Transition } from './transitions.ts';
import { isFinished, transitions } from './transitions.ts';

/** Events that say more than the states before and after them. */
const TOLD_AS_THEY_ARE = new Set(['ATTEMPT_INTERRUPTED', 'ATTEMPT_UNKNOWN', 'BACK_OFF_SKIPPED', 'STEP_APPROVED']);

/** What following needs. */
export interface Following {
  readonly client: Client;
  readonly signal: AbortSignal;
  /** Told what becomes of the streams; see `tellStream`. */
  readonly onState: (state: StreamState) => void;
}

/**
 * Tells a run as it goes on, steps and log, to its end, and answers how it ended.
 *
 * @throws the signal's reason when it aborts: the run goes on
 */
export async function followRun(
  { client, signal, onState }: Following,
  run: Run,
  live: LiveLines,
  paint: Paint,
): Promise<Run> {
  const lines = new RunLines(run, paint);
  await live.line(lines.head(run));
  const leave = new AbortController();
  const following: Following = { client, signal: AbortSignal.any([signal, leave.signal]), onState };
  try {
    let before: Run | null = null;
    let log: FollowedLog | null = null;
    let told: Promise<void> = Promise.resolve();
    for await (const event of watchRun(following, run.runId)) {
      const { snapshot } = event;
      if (snapshot === undefined) continue;
      if (before === null) {
        const last = await tellPast(following, event, snapshot, lines, live);
        if (!isFinished(snapshot)) {
          log = new FollowedLog(following, snapshot, last, (chunk) => live.line(lines.log(chunk)));
          told = log.follow();
        }
        // What it fails with is told where it is waited for, unless the watch fails first.
        told.catch(() => undefined);
      } else {
        // The last lines of the log come before the end that they led to.
        if (isFinished(snapshot)) {
          log?.release();
          await told;
        }
        await tellEvent(event, before, snapshot, log, lines, live);
      }
      before = snapshot;
      if (isFinished(snapshot)) {
        await live.status('');
        for (const line of lines.outcome(snapshot)) await live.line(line);
        return snapshot;
      }
      await live.status(underWayText(snapshot));
    }
    throw new CommandFailure(`the watch of run ${run.runId} ended before the run did`);
  } finally {
    leave.abort();
    await live.status('');
  }
}

/** Tells what led to the state that comes first, steps and log in the order of their times; answers the last line. */
async function tellPast(
  { client, signal }: Following,
  { ts }: RunEvent,
  run: Run,
  lines: RunLines,
  live: LiveLines,
): Promise<bigint> {
  const now = millis(ts) ?? 0;
  const until = isFinished(run) ? Number.POSITIVE_INFINITY : now;
  const places = new Map(run.steps.map(({ name }, place) => [name, place]));
  const past = transitions(null, run);
  const tellSteps = async (isBefore: (transition: Transition) => boolean) => {
    for (let next = past[0]; next !== undefined && isBefore(next); next = past[0]) {
      await live.line(lines.transition(next, timeOf(next, now)));
      past.shift();
    }
  };
  let last = 0n;
  for await (const chunk of client.followLogs({ runId: run.runId, follow: false }, { signal })) {
    const at = millis(chunk.ts) ?? 0;
    if (at > until) break;
    const here = places.get(chunk.step) ?? -1;
    // By their order and not by their times: one millisecond is long enough for an end and the beginning after it.
    await tellSteps((transition) => {
      const place = places.get(transition.step.name) ?? 0;
      const begins = transition.kind === 'attempt-begins' && transition.attempt <= chunk.attempt;
      return place < here || (place === here && begins);
    });
    await live.line(lines.log(chunk));
    last = chunk.sequence;
  }
  await tellSteps(() => true);
  return last;
}

/** When it happened, as far as the state tells; of a failed attempt it tells only when the next one comes. */
function timeOf(transition: Transition, now: number): number {
  switch (transition.kind) {
    case 'held':
      return transition.since;
    case 'back-off':
      return now;
    case 'attempt-begins':
      return millis(transition.step.startedAt) ?? now;
    case 'ended':
      return millis(transition.step.finishedAt) ?? now;
  }
}

async function tellEvent(
  event: RunEvent,
  before: Run,
  after: Run,
  log: FollowedLog | null,
  lines: RunLines,
  live: LiveLines,
): Promise<void> {
  const at = millis(event.ts) ?? Date.now();
  for (const transition of transitions(before, after)) {
    const { kind, step } = transition;
    if (!isFinished(after) && (kind === 'ended' || kind === 'back-off')) await log?.catchUp(step.name);
    await live.line(lines.transition(transition, at));
    if (kind === 'attempt-begins') log?.begins(step.name, transition.attempt);
  }
  if (TOLD_AS_THEY_ARE.has(event.kind)) await live.line(lines.note(event.step, event.message, at));
}

/** Waits for the end of a run, and tells each state on the way to `onChange`. */
export async function awaitRun(following: Following, runId: string, onChange: (run: Run) => void): Promise<Run> {
  for await (const { snapshot } of watchRun(following, runId)) {
    if (snapshot === undefined) continue;
    onChange(snapshot);
    if (isFinished(snapshot)) return snapshot;
  }
  throw new CommandFailure(`the watch of run ${runId} ended before the run did`);
}

function watchRun({ client, signal, onState }: Following, runId: string) {
  return client.watchRuns({ filter: `run_id=${runId}` }, { signal, patienceMs: PATIENCE_MS, onState });
}

/** Tells of losses, each once however many streams it is told by, and of what came after them. */
export function tellStream(note: (text: string) => Promise<void>, address: string): (state: StreamState) => void {
  let lost = false;
  return (state) => {
    switch (state.kind) {
      case 'connected':
        break;
      case 'lost':
        if (!lost) void note(`${state.error.message}; trying to reach it again`);
        lost = true;
        break;
      case 'resumed':
        if (lost) void note(`${address} is back; nothing was missed`);
        lost = false;
        break;
      case 'restarted':
        if (lost || state.reason === 'CURSOR_EXPIRED') {
          void note(`${address} no longer knows how far this was; going on with the present state`);
        }
        lost = false;
        break;
    }
  };
}
