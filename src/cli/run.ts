import type { Command } from 'commander';
import { printable } from '../tui/format/printable.ts';
import { runTone } from '../tui/format/run-row.ts';
import { runPhaseWord } from '../tui/format/words.ts';
import type { Run, StepStatus } from '../wire/gen/baremetal/v1/run_pb.ts';
import { RunSchema } from '../wire/gen/baremetal/v1/run_pb.ts';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import { EXIT } from './exit-code.ts';
import { resolveRunId } from './ids.ts';
import { mapText, pairLines, printOne, sectionTable } from './output/print.ts';
import type { Column } from './output/table.ts';
import { timeText, tookText } from './output/when.ts';
import { stepStateWord, stepTone } from './output/words.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';

const STEPS: readonly Column<StepStatus>[] = [
  { title: 'STEP', text: ({ name }) => name },
  { title: 'STATE', text: ({ state }) => stepStateWord(state), tone: ({ state }) => stepTone(state) },
  { title: 'ATTEMPT', text: attemptText, align: 'right', leaves: 1 },
  { title: 'TOOK', text: (step) => tookText(step.startedAt, step.finishedAt) || '–', align: 'right' },
  { title: 'MESSAGE', text: ({ message }) => message, shrinkTo: 12 },
];

/** `bmdemo run ID`: one run, whole. */
export function addRunCommand(program: Command, ending: Ending): void {
  const command = program
    .command('run <RUN>')
    .description('one run with its steps; the first few letters of its id will do')
    .addHelpText(
      'after',
      `
Examples:
  $ bmdemo run 7f3a
  $ bmdemo run 7f3a -o json | jq -r .phase`,
    );
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[string], object>(ending, async (context, [text]) => {
      const client = context.client();
      const run = await client.runs.getRun({ runId: await resolveRunId(client, text) });
      const name = `run/${run.runId}`;
      await printOne(context, RunSchema, run, { name, table: () => runLines(context, run) });
      return EXIT.done;
    }),
  );
}

function runLines(context: Context, run: Run): string[] {
  const { paint } = context;
  const { error } = run;
  return [
    ...pairLines(context, [
      ['run', paint('strong', run.runId)],
      ['machine', run.machineId],
      ['plan', `${run.planId}${run.planVersion === 0 ? '' : ` version ${run.planVersion}`}`],
      ['type', run.type],
      ['phase', paint(runTone(run.phase), runPhaseWord(run.phase))],
      ['stopping', run.stopping ? 'its call to the hardware has not returned, and the machine is held' : ''],
      ['waits for', printable(run.waitingFor?.detail ?? '')],
      ['error', error === undefined ? '' : `${error.code}: ${printable(error.message)}`],
      ['started by', printable(run.initiatedBy)],
      ['reason', printable(run.reason)],
      ['canceled by', printable(run.canceledBy)],
      ['request id', printable(run.requestId)],
      ['params', mapText(run.params)],
      ['accepted', timeText(run.createdAt)],
      ['ended', timeText(run.finishedAt)],
      ['took', tookText(run.startedAt, run.finishedAt)],
    ]),
    ...sectionTable(context, 'steps', STEPS, run.steps),
  ];
}

function attemptText({ startedAt, retryCount, maxAttempts }: StepStatus): string {
  return startedAt === undefined ? `– of ${maxAttempts}` : `${retryCount + 1} of ${maxAttempts}`;
}
