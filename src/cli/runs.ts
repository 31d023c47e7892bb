import type { Command } from 'commander';
import { runTone } from '../tui/format/run-row.ts';
import { planName, runPhaseWord, shortRunId } from '../tui/format/words.ts';
import type { Run } from '../wire/gen/baremetal/v1/run_pb.ts';
import { RunSchema } from '../wire/gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind } from '../wire/gen/baremetal/v1/waiting_pb.ts';
import type { Ending } from './context.ts';
import { action } from './context.ts';
import { EXIT } from './exit-code.ts';
import { machineIdOf } from './ids.ts';
import type { ListOptions } from './listing.ts';
import { addListOptions, gather } from './listing.ts';
import { printList } from './output/print.ts';
import type { Column } from './output/table.ts';
import { ageOf, tookText } from './output/when.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';

const COLUMNS: readonly Column<Run>[] = [
  { title: 'RUN', text: ({ runId }) => shortRunId(runId) },
  { title: 'MACHINE', text: ({ machineId }) => machineId },
  { title: 'PLAN', text: ({ planId }) => planName(planId), leaves: 4 },
  { title: 'PHASE', text: ({ phase }) => runPhaseWord(phase), tone: ({ phase }) => runTone(phase) },
  { title: 'STEP', text: ({ currentStep }) => currentStep || '–', leaves: 3 },
  { title: 'BY', text: ({ initiatedBy }) => initiatedBy || '–', leaves: 1, shrinkTo: 8 },
  { title: 'AGE', text: ({ createdAt }) => ageOf(createdAt) || '–', align: 'right', leaves: 2 },
  { title: 'TOOK', text: (run) => tookText(run.startedAt, run.finishedAt) || '–', align: 'right', leaves: 5 },
  {
    title: 'NOTE',
    text: noteOf,
    tone: ({ error }) => (error === undefined ? 'warn' : 'error'),
    shrinkTo: 12,
    leaves: 6,
  },
];

interface RunsOptions extends ListOptions {
  readonly machine?: string;
}

/** `bmdemo runs`: the runs, the newest first. */
export function addRunsCommand(program: Command, ending: Ending): void {
  const command = program
    .command('runs')
    .description('the runs, the newest first')
    .option('--machine <ID>', 'only those of this machine')
    .addHelpText(
      'after',
      `
Examples:
  $ bmdemo runs --machine machine-1
  $ bmdemo runs --filter phase=FAILED --limit 10`,
    );
  addListOptions(command, {
    subject: 'run',
    example: 'type=REPAVE AND phase!=SUCCEEDED',
    sort: 'created_at (the default), finished_at or machine_id',
  });
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[], RunsOptions>(ending, async (context, _operands, options) => {
      const { machine, sort: orderBy } = options;
      const ofMachine = machine === undefined ? [] : [`machine_id=${machineIdOf(machine)}`];
      const clauses = [...ofMachine, ...(options.filter === undefined ? [] : [options.filter])];
      const filter = clauses.join(' AND ');
      const client = context.client();
      const rows = await gather(context, options, (limit) => client.listRuns({ filter, orderBy, limit }));
      await printList(context, {
        schema: RunSchema,
        field: 'runs',
        rows,
        name: ({ runId }) => `run/${runId}`,
        columns: COLUMNS,
        none: filter === '' ? 'there are no runs' : 'no run matches',
      });
      return EXIT.done;
    }),
  );
}

/** Why it failed, or that no server carries it out at this moment. */
function noteOf({ error, waitingFor }: Run): string {
  return error?.message ?? (waitingFor?.kind === WaitingFor_Kind.RECOVERY ? 'recovering' : '');
}
