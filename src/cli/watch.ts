import type { Command } from 'commander';
import type { Client } from '../client/client.ts';
import { ClientError } from '../client/client-error.ts';
import { printable } from '../tui/format/printable.ts';
import { runTone } from '../tui/format/run-row.ts';
import { formatClock, millis } from '../tui/format/time.ts';
import { machinePhaseWord, runPhaseWord, shortRunId } from '../tui/format/words.ts';
import type { MachineEvent, RunEvent } from '../wire/gen/baremetal/v1/event_pb.ts';
import { MachineEventSchema, RunEventSchema } from '../wire/gen/baremetal/v1/event_pb.ts';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT, exitCodeOfRun } from './exit-code.ts';
import { usageFailure } from './failure.ts';
import { tellStream } from './follow/follow-run.ts';
import { isFinished } from './follow/transitions.ts';
import { machineIdOf, resolveRunId } from './ids.ts';
import { catchInterrupt, Interrupted } from './interrupt.ts';
import { phaseOf } from './machine-words.ts';
import { jsonOf, streamedText } from './output/document.ts';
import { machineTone } from './output/words.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';

interface WatchOptions {
  readonly machines?: boolean;
  readonly runs?: boolean;
}

/** What is watched, as filters of the two watches; null: not that one. */
interface Scope {
  readonly machines: string | null;
  readonly runs: string | null;
}

/** `bmdemo watch [ID]`: every change as it happens. */
export function addWatchCommand(program: Command, ending: Ending): void {
  const command = program
    .command('watch [ID]')
    .description('what happens to the machines and their runs, as it happens; ID is a machine, or a run, which ends it')
    .option('--machines', 'only the machines')
    .option('--runs', 'only the runs')
    .addHelpText(
      'after',
      `
Examples:
  $ bmdemo watch
  $ bmdemo watch machine-1 --machines
  $ bmdemo watch --runs -o json | jq -r .message`,
    );
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[string | undefined], WatchOptions>(ending, async (context, [id], options) => {
      if (context.form === 'name') throw usageFailure('-o name names nothing in a watch; take table, json or yaml');
      const client = context.client();
      const scope = await scopeOf(client, id, options);
      const interrupt = catchInterrupt();
      const leave = new AbortController();
      const signal = AbortSignal.any([interrupt.signal, leave.signal]);
      try {
        return await Promise.race([
          watchMachines(context, client, scope, signal),
          watchRuns(context, client, scope, signal),
        ]);
      } catch (error) {
        if (error instanceof Interrupted) return EXIT.interrupted;
        throw error;
      } finally {
        leave.abort();
        interrupt.dispose();
      }
    }),
  );
}

/** A machine of that id, or else the one run whose id begins so. */
async function scopeOf(client: Client, id: string | undefined, { machines, runs }: WatchOptions): Promise<Scope> {
  const both = machines === runs;
  const scope = (filter: string): Scope => ({
    machines: both || machines === true ? filter : null,
    runs: both || runs === true ? filter : null,
  });
  if (id === undefined) return scope('');
  if (id.startsWith('run/')) return ofRun(client, id, machines);
  const machineId = machineIdOf(id);
  try {
    await client.machines.getMachine({ machineId });
    return scope(`machine_id=${machineId}`);
  } catch (error) {
    const isNone = error instanceof ClientError && (error.code === 'NOT_FOUND' || error.code === 'INVALID_ARGUMENT');
    if (!isNone || !/^(run\/)?[0-9a-z]{1,16}$/.test(id)) throw error;
    return ofRun(client, id, machines);
  }
}

async function ofRun(client: Client, id: string, machines: boolean | undefined): Promise<Scope> {
  if (machines === true) throw usageFailure(`--machines watches machines, and "${id}" is a run`);
  return { machines: null, runs: `run_id=${await resolveRunId(client, id)}` };
}

async function watchMachines(
  context: Context,
  client: Client,
  { machines: filter }: Scope,
  signal: AbortSignal,
): Promise<ExitCode> {
  if (filter === null) return new Promise(() => {});
  for await (const event of client.watchMachines({ filter }, { signal, onState: tell(context, client) })) {
    await write(
      context,
      () => jsonOf(MachineEventSchema, event),
      () => machineLine(context, event),
    );
  }
  return EXIT.failed;
}

async function watchRuns(
  context: Context,
  client: Client,
  { runs: filter, machines }: Scope,
  signal: AbortSignal,
): Promise<ExitCode> {
  if (filter === null) return new Promise(() => {});
  const one = filter.startsWith('run_id=');
  const onState = machines === null ? tell(context, client) : undefined;
  for await (const event of client.watchRuns({ filter }, { signal, onState })) {
    // How far a call has come is for programs: for people it would be two lines a second a run.
    const told = event.kind !== 'PROGRESS' || context.form !== 'table';
    if (told)
      await write(
        context,
        () => jsonOf(RunEventSchema, event),
        () => runLine(context, event),
      );
    if (one && event.snapshot !== undefined && isFinished(event.snapshot)) return exitCodeOfRun(event.snapshot.phase);
  }
  return EXIT.failed;
}

function tell(context: Context, client: Client) {
  return tellStream((text) => context.note(text), client.address.label);
}

async function write({ io, form }: Context, json: () => ReturnType<typeof jsonOf>, line: () => string): Promise<void> {
  if (form === 'json' || form === 'yaml') await io.out.write(streamedText(json(), form));
  else await io.out.line(line());
}

function machineLine({ paint }: Context, { ts, snapshot, kind, message }: MachineEvent): string {
  if (snapshot === undefined) return '';
  const phase = phaseOf(snapshot);
  const told = kind === 'SNAPSHOT' ? 'is in this phase' : message;
  return line(paint('muted', clock(ts)), snapshot.machineId, paint(machineTone(phase), machinePhaseWord(phase)), told);
}

function runLine({ paint }: Context, { ts, snapshot, kind, message }: RunEvent): string {
  if (snapshot === undefined) return '';
  const { runId, machineId, phase, currentStep } = snapshot;
  const told = kind === 'SNAPSHOT' ? `is at ${currentStep || 'its beginning'}` : message;
  const word = paint(runTone(phase), runPhaseWord(phase));
  return line(paint('muted', clock(ts)), machineId, `run ${shortRunId(runId)} ${word}`, told);
}

function line(...parts: readonly string[]): string {
  const [last = '', ...others] = parts.toReversed();
  return [...others.reverse(), printable(last)].join('  ');
}

function clock(time: MachineEvent['ts']): string {
  return formatClock(millis(time) ?? Date.now());
}
