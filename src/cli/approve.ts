import type { Command } from 'commander';
import type { Client } from '../client/client.ts';
import { runPhaseWord } from '../tui/format/words.ts';
import { RunSchema } from '../wire/gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind } from '../wire/gen/baremetal/v1/waiting_pb.ts';
import type { Ending } from './context.ts';
import { action } from './context.ts';
import { EXIT } from './exit-code.ts';
import { CommandFailure } from './failure.ts';
import { resolveRunId } from './ids.ts';
import { printOne } from './output/print.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';

interface ApproveOptions {
  readonly reason: string;
  readonly step?: string;
}

/** `bmdemo approve RUN`: the step begins that the run waits with. */
export function addApproveCommand(program: Command, ending: Ending): void {
  const command = program
    .command('approve <RUN>')
    .description('let the step begin that a run waits with, because its plan wants somebody asked')
    .requiredOption('--reason <TEXT>', 'why it may begin, for the audit trail')
    .option('--step <NAME>', 'the step that is meant (default: the one that the run waits with)')
    .addHelpText('after', '\nExamples:\n  $ bmdemo approve 7f3a --reason "the rack is empty"');
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[string], ApproveOptions>(ending, async (context, [text], options) => {
      const client = context.client();
      const runId = await resolveRunId(client, text);
      const step = options.step ?? (await heldStep(client, runId));
      const run = await client.runs.approveStep({ runId, step, reason: options.reason });
      const sentence = `${step} of run ${run.runId} of ${run.machineId} is approved; the run is ${runPhaseWord(run.phase)}`;
      await printOne(context, RunSchema, run, { name: `run/${run.runId}`, table: () => [sentence] });
      return EXIT.done;
    }),
  );
}

/** The step that is approved is always named, so that a hold that comes later is not passed by mistake. */
async function heldStep(client: Client, runId: string): Promise<string> {
  const { waitingFor } = await client.runs.getRun({ runId });
  if (waitingFor?.kind === WaitingFor_Kind.APPROVAL) return waitingFor.step;
  throw new CommandFailure(`run ${runId} does not wait for anybody; there is nothing to approve`, EXIT.refused);
}
