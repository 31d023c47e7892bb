import { printable } from '../tui/format/printable.ts';
import { runTone } from '../tui/format/run-row.ts';
import { formatDuration } from '../tui/format/time.ts';
import { runPhaseWord } from '../tui/format/words.ts';
import type { Run } from '../wire/gen/baremetal/v1/run_pb.ts';
import { RunSchema } from '../wire/gen/baremetal/v1/run_pb.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT, exitCodeOfRun, worstOf } from './exit-code.ts';
import { tellFailure, usageFailure } from './failure.ts';
import type { Following } from './follow/follow-run.ts';
import { awaitRun, tellStream } from './follow/follow-run.ts';
import { underWayText } from './follow/run-lines.ts';
import { isFinished } from './follow/transitions.ts';
import { catchInterrupt, Interrupted } from './interrupt.ts';
import { documentText, jsonOf } from './output/document.ts';
import { LiveLines } from './output/live.ts';
import { tookText } from './output/when.ts';
import { tellDetached } from './start-one.ts';
import type { StartOrder } from './start-options.ts';
import type { Pace } from './work-list.ts';
import { summaryText, tellLeft, WorkList } from './work-list.ts';

/** More machines than this are not followed by one command: each is a stream of its own. */
const MAX_FOLLOWED = 1_000;

/** What became of one machine. */
interface Told {
  readonly code: ExitCode;
  /** What the summary counts it under: `SUCCEEDED`, `refused` … */
  readonly word: string;
  readonly run: Run | null;
}

/** How many machines are worked through. */
export interface Manner extends Pace {
  /** True: the runs are only started; each is done once it is accepted. */
  readonly detach: boolean;
}

/**
 * Starts a run on each machine, in their order and at most `maxParallel` at a time, and tells one line a machine, a summary, and which
 * ones were not started because too many were not done; the worst exit code counts.
 */
export async function startMany(
  context: Context,
  machineIds: readonly string[],
  order: StartOrder,
  { detach, maxParallel, stopAfterFailures }: Manner,
): Promise<ExitCode> {
  if (!detach && Math.min(machineIds.length, maxParallel) > MAX_FOLLOWED) {
    throw usageFailure(
      `at most ${MAX_FOLLOWED} machines can be followed at once; add --detach to only start the runs, or --max-parallel`,
    );
  }
  const { io, form, paint } = context;
  const client = context.client();
  const live = new LiveLines(io, form === 'table' ? io.out : io.err);
  const interrupt = catchInterrupt();
  const onState = tellStream((text) => live.note(context.paintErr('muted', text)), client.address.label);
  const following: Following = { client, signal: interrupt.signal, onState };
  const width = Math.max(...machineIds.map((id) => id.length));
  const board = new Board(machineIds.length, live);
  const startedAt = Date.now();

  const one = async (machineId: string): Promise<Told> => {
    const name = machineId.padEnd(width);
    let started = false;
    try {
      const { requestId, ...rest } = order;
      const run = await client.runs.startRun({ ...rest, machineId, requestId: requestId() });
      started = true;
      board.show(run);
      if (detach) {
        await live.line(`${name}  run ${run.runId} accepted`);
        return { code: EXIT.done, word: 'accepted', run };
      }
      const ended = isFinished(run) ? run : await awaitRun(following, run.runId, (now) => board.show(now));
      board.done(machineId);
      const word = runPhaseWord(ended.phase);
      const why = ended.error === undefined ? '' : `: ${printable(ended.error.message)}`;
      const took = tookText(ended.createdAt, ended.finishedAt);
      await live.line(`${name}  run ${ended.runId}  ${paint(runTone(ended.phase), word)} after ${took}${why}`);
      return { code: exitCodeOfRun(ended.phase), word, run: ended };
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      board.done(machineId);
      const { sentence, exitCode } = tellFailure(error);
      await live.line(`${name}  ${paint('error', 'error:')} ${sentence}`);
      const word = started ? 'lost sight of' : exitCode === EXIT.refused ? 'refused' : 'failed';
      return { code: exitCode, word, run: null };
    }
  };

  const list = new WorkList<Told>(machineIds, { maxParallel, stopAfterFailures });
  try {
    const told = await list.run(one, interrupt.signal);
    await live.status('');
    if (form === 'table') {
      const counts = summaryText(
        'machine',
        told.map(({ word }) => word),
      );
      await io.out.line(`${counts}, after ${formatDuration(Date.now() - startedAt)}`);
    } else await writeRuns(context, told);
    await tellLeft(context, list.left);
    return worstOf(told.map(({ code }) => code));
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    await live.status('');
    await tellDetached(context, board.running());
    await tellLeft(context, list.left);
    return EXIT.interrupted;
  } finally {
    interrupt.dispose();
  }
}

/** What is under way, as the line below the others tells it. */
class Board {
  readonly #runs = new Map<string, Run>();
  readonly #total: number;
  readonly #live: LiveLines;

  constructor(total: number, live: LiveLines) {
    this.#total = total;
    this.#live = live;
  }

  show(run: Run): void {
    if (!isFinished(run)) this.#runs.set(run.machineId, run);
    this.#draw();
  }

  done(machineId: string): void {
    this.#runs.delete(machineId);
    this.#draw();
  }

  /** The runs that have not ended. */
  running(): readonly string[] {
    return [...this.#runs.values()].map((run) => run.runId);
  }

  #draw(): void {
    const runs = [...this.#runs.values()];
    const told = runs.slice(0, 3).map((run) => `${run.machineId} ${underWayText(run)}`);
    const text = runs.length === 0 ? '' : `${runs.length} of ${this.#total} under way: ${told.join(' · ')}`;
    void this.#live.status(text);
  }
}

async function writeRuns({ io, form }: Context, told: readonly Told[]): Promise<void> {
  const runs = told.flatMap(({ run }) => (run === null ? [] : [run]));
  if (form === 'name') for (const run of runs) await io.out.line(`run/${run.runId}`);
  else if (form !== 'table')
    await io.out.write(documentText({ runs: runs.map((run) => jsonOf(RunSchema, run)) }, form));
}
