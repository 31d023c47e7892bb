import type { Client } from '../client/client.ts';
import type { Run } from '../wire/gen/baremetal/v1/run_pb.ts';
import { RunSchema } from '../wire/gen/baremetal/v1/run_pb.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT, exitCodeOfRun } from './exit-code.ts';
import { followRun, tellStream } from './follow/follow-run.ts';
import { isFinished } from './follow/transitions.ts';
import { catchInterrupt, Interrupted } from './interrupt.ts';
import { documentText, jsonOf } from './output/document.ts';
import { LiveLines } from './output/live.ts';
import type { StartOrder } from './start-options.ts';

/** Starts a run on one machine and follows it to its end, unless told not to. */
export async function startOne(
  context: Context,
  machineId: string,
  order: StartOrder,
  detach: boolean,
): Promise<ExitCode> {
  const client = context.client();
  const { requestId, ...rest } = order;
  const run = await client.runs.startRun({ ...rest, machineId, requestId: requestId() });
  if (detach) {
    await writeRun(context, run, `run ${run.runId} of ${machineId} accepted`);
    await context.note(`\`bmdemo logs ${run.runId} --follow\` shows it, \`bmdemo cancel ${run.runId}\` ends it`);
    return EXIT.done;
  }
  if (isFinished(run)) await context.note('this request id was used before; here is what became of its run');
  const interrupt = catchInterrupt();
  try {
    const followed = await followHere(context, client, run, interrupt.signal);
    if (context.form !== 'table') await writeRun(context, followed, '');
    await adviseAfter(context, followed);
    return exitCodeOfRun(followed.phase);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    await tellDetached(context, [run.runId]);
    return EXIT.interrupted;
  } finally {
    interrupt.dispose();
  }
}

/** Follows a run on stdout; on stderr where stdout is for a program. */
function followHere(context: Context, client: Client, run: Run, signal: AbortSignal): Promise<Run> {
  const { io, form } = context;
  const forPeople = form === 'table';
  const live = new LiveLines(io, forPeople ? io.out : io.err);
  const paint = forPeople ? context.paint : context.paintErr;
  const onState = tellStream((text) => live.note(context.paintErr('muted', text)), client.address.label);
  return followRun({ client, signal, onState }, run, live, paint);
}

/** Writes a run as the answer of a command. */
async function writeRun({ io, form }: Context, run: Run, sentence: string): Promise<void> {
  if (form === 'table') await io.out.line(sentence);
  else if (form === 'name') await io.out.line(`run/${run.runId}`);
  else await io.out.write(documentText(jsonOf(RunSchema, run), form));
}

/** Says what to do after a run that did not succeed. */
async function adviseAfter(context: Context, run: Run): Promise<void> {
  const code = exitCodeOfRun(run.phase);
  if (code === EXIT.done) return;
  await context.note(
    `${run.machineId} needs intervention: look at \`bmdemo get ${run.machineId}\`; a new run needs --acknowledge`,
  );
}

/** Says that runs go on although nobody follows them any more. */
export async function tellDetached(context: Context, runIds: readonly string[]): Promise<void> {
  const [only] = runIds;
  if (runIds.length !== 1 || only === undefined) {
    await context.note(`detached; ${runIds.length} runs go on, see \`bmdemo runs --filter phase=RUNNING\``);
    return;
  }
  await context.note(
    `detached; run ${only} goes on: \`bmdemo logs ${only} --follow\` shows it, \`bmdemo cancel ${only}\` ends it`,
  );
}
