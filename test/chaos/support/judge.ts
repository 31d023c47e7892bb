import { isDeepStrictEqual } from 'node:util';
import type { Machine } from '../../../src/core/domain/machine.ts';
import type { Run } from '../../../src/core/domain/run.ts';
import { isTerminal } from '../../../src/core/domain/run.ts';
import type { Cursor, Store, StoredEvent } from '../../../src/core/ports/store.ts';
import type { FakeWorld, JournalEntry } from '../../../src/server/providers/fake/world/world.ts';

/** Events, log lines and calls that are read in one go. */
const PAGE = 1_000;

/** What may be found, where it is no fault. */
export interface Allowed {
  /** The phases in which runs may end; SUCCEEDED alone if not given. */
  readonly ends?: readonly Run['phase'][];
  /**
   * A server was frozen: its call may still have been going when the next owner's began. The world refuses what an older
   * fence does from then on, so that such a pair is no fault where the fence was raised between them.
   */
  readonly frozen?: boolean;
}

/** One run as its events tell it. */
interface History {
  last: Run;
  /** Announced calls, and whether the journal has them. */
  readonly announced: Map<string, boolean>;
  /** The call whose outcome made a step succeed, by step. */
  readonly succeeded: Map<number, string>;
  /** The last announcement. */
  latest: string;
}

/**
 * Reads everything that is left after a storm, the event log, the state, the logs and the journal of the hardware, and
 * says what in it must not be. The servers may still run, but all runs have ended.
 */
export async function judge(
  { store, world, from }: { readonly store: Store; readonly world: FakeWorld; readonly from: Cursor },
  allowed: Allowed = {},
): Promise<readonly string[]> {
  const faults: string[] = [];
  const runs = new Map<string, History>();
  const machines = new Map<string, Machine>();
  const active = new Map<string, string>();
  for await (const event of eventsOf(store, from)) {
    if (event.subject === 'machine') judgeMachine(event, machines, faults);
    else judgeRun(event, runs, active, faults);
  }
  await judgeState(store, runs, machines, allowed, faults);
  await judgeCalls(world, runs, allowed, faults);
  return faults;
}

async function* eventsOf(store: Store, from: Cursor): AsyncGenerator<StoredEvent> {
  for (let cursor = from; ; ) {
    const tail = await store.tail(cursor, PAGE);
    if ('kind' in tail) throw new Error(`cursor ${cursor} is ${tail.kind}`);
    yield* tail.events;
    if (tail.caughtUp) return;
    cursor = tail.cursor;
  }
}

function judgeMachine(
  { machineId, revision, after }: StoredEvent,
  machines: Map<string, Machine>,
  faults: string[],
): void {
  const before = machines.get(machineId)?.revision ?? revision - 1;
  if (revision !== before + 1) faults.push(`machine ${machineId}: revision ${revision} after ${before}`);
  machines.set(machineId, after as Machine);
}

function judgeRun(event: StoredEvent, runs: Map<string, History>, active: Map<string, string>, faults: string[]): void {
  const { runId, machineId, revision, kind } = event;
  const run = event.after as Run;
  const known = runs.get(runId);
  const fault = (what: string) => faults.push(`run ${runId}, event ${revision} ${kind}: ${what}`);
  if (revision !== (known?.last.revision ?? 0) + 1) fault(`comes after ${known?.last.revision}`);
  if (known !== undefined && isTerminal(known.last.phase) && kind !== 'STOPPED') fault(`after ${known.last.phase}`);
  const other = active.get(machineId);
  if (other !== undefined && other !== runId && !isTerminal(run.phase)) fault(`run ${other} is active on ${machineId}`);
  if (isTerminal(run.phase)) active.delete(machineId);
  else active.set(machineId, runId);
  const history = known ?? { last: run, announced: new Map(), succeeded: new Map(), latest: '' };
  history.last = run;
  runs.set(runId, history);
  if (kind === 'ATTEMPT_STARTED') {
    const status = run.steps[run.currentStep];
    if (!status?.intent) return void fault('announces nothing');
    if (history.succeeded.has(run.currentStep)) fault(`step ${status.name} is done already`);
    if (history.succeeded.size !== run.currentStep)
      fault(`step ${status.name} begins before the one before it is done`);
    const { fence, probe } = status.intent;
    history.latest = keyOf(run.currentStep, status.attempt, fence, probe);
    history.announced.set(history.latest, false);
  }
  if (kind === 'STEP_SUCCEEDED') history.succeeded.set(run.currentStep, history.latest);
}

async function judgeState(
  store: Store,
  runs: ReadonlyMap<string, History>,
  machines: ReadonlyMap<string, Machine>,
  { ends = ['SUCCEEDED'] }: Allowed,
  faults: string[],
): Promise<void> {
  for (const [runId, { last }] of runs) {
    const row = await store.run(runId);
    if (!isDeepStrictEqual(row?.run, last)) faults.push(`run ${runId} is not the fold of its events`);
    if (!ends.includes(last.phase)) faults.push(`run ${runId} is ${last.phase}: ${last.error?.message ?? ''}`);
    if (last.stopping) faults.push(`run ${runId} still holds its machine`);
    await judgeLog(store, runId, faults);
  }
  for (const [machineId, last] of machines) {
    const machine = await store.machine(machineId);
    if (!isDeepStrictEqual(machine, last)) faults.push(`machine ${machineId} is not the fold of its events`);
    if (last.activeRunId !== null || last.stoppingRunId !== null) faults.push(`machine ${machineId} is not free`);
  }
}

async function judgeLog(store: Store, runId: string, faults: string[]): Promise<void> {
  for (let after = 0; ; ) {
    const lines = await store.logs(runId, after, PAGE);
    for (const { sequence } of lines) {
      if (sequence !== after + 1) faults.push(`log of ${runId}: line ${sequence} after ${after}`);
      after = sequence;
    }
    if (lines.length < PAGE) return;
  }
}

async function judgeCalls(
  world: FakeWorld,
  runs: ReadonlyMap<string, History>,
  { frozen = false }: Allowed,
  faults: string[],
): Promise<void> {
  const fences = new Map<string, number>();
  const byNumber = new Map<number, JournalEntry>();
  const lastCalls = new Map<string, string>();
  for (let after = 0; ; ) {
    const { entries, dropped } = await world.journal({ after, limit: PAGE });
    if (dropped > 0) faults.push(`the journal has let go of ${dropped} calls`);
    for (const entry of entries) {
      after = entry.number;
      byNumber.set(entry.number, entry);
      if (entry.end?.kind !== 'refused' || entry.end.code !== 'STALE_TOKEN' || entry.endedAt !== entry.beganAt) {
        judgeCall(entry, runs.get(entry.token.runId), faults);
        lastCalls.set(`${entry.token.runId} ${entry.token.step}`, callKey(entry));
      }
      judgeOverlaps(entry, byNumber, frozen, faults);
      const fence = fences.get(entry.machineId) ?? 0;
      if (entry.token.fence < fence && entry.end?.kind !== 'refused') {
        faults.push(`call ${entry.number} began under fence ${entry.token.fence}, after one under ${fence}`);
      }
      fences.set(entry.machineId, Math.max(fence, entry.token.fence));
    }
    if (entries.length < PAGE) break;
  }
  for (const [runId, { succeeded }] of runs) {
    for (const [step, key] of succeeded) {
      const last = lastCalls.get(`${runId} ${step}`);
      if (last !== key) faults.push(`run ${runId}, step ${step}: done by call ${key}, but the last one was ${last}`);
    }
  }
}

/** Each call was announced, durably, and is made once. */
function judgeCall(entry: JournalEntry, history: History | undefined, faults: string[]): void {
  const key = callKey(entry);
  const made = history?.announced.get(key);
  const told = `call ${entry.number} (${entry.kind} ${entry.step}, run ${entry.token.runId}, ${key})`;
  if (made === undefined) faults.push(`${told} was never announced`);
  if (made === true) faults.push(`${told} was made twice`);
  if (entry.end === null) faults.push(`${told} has not ended`);
  history?.announced.set(key, true);
}

function judgeOverlaps(
  entry: JournalEntry,
  byNumber: ReadonlyMap<number, JournalEntry>,
  frozen: boolean,
  faults: string[],
): void {
  for (const number of entry.overlaps) {
    const fence = byNumber.get(number)?.token.fence ?? 0;
    if (frozen && fence < entry.token.fence) continue;
    faults.push(`call ${entry.number} to ${entry.machineId} began while call ${number} was going`);
  }
}

function callKey({ token, kind }: JournalEntry): string {
  return keyOf(token.step, token.attempt, token.fence, kind === 'probe');
}

function keyOf(step: number, attempt: number, fence: number, probe: boolean): string {
  return `step ${step} attempt ${attempt} fence ${fence}${probe ? ' probe' : ''}`;
}
