import type { Command } from 'commander';
import type { Client } from '../client/client.ts';
import type { Run } from '../wire/gen/baremetal/v1/run_pb.ts';
import { RunSchema } from '../wire/gen/baremetal/v1/run_pb.ts';
import type { Ending } from './context.ts';
import { action } from './context.ts';
import { EXIT } from './exit-code.ts';
import { resolveRunId } from './ids.ts';
import { printOne } from './output/print.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';

interface SteerOptions {
  readonly reason?: string;
}

/** A command that says something to one run. */
export interface Steering {
  readonly name: string;
  readonly description: string;
  readonly example: string;
  readonly call: (client: Client, request: { runId: string; reason: string }) => Promise<Run>;
  readonly sentences: (run: Run) => string[];
}

/** Gives the program such a command. */
export function addSteering(
  program: Command,
  ending: Ending,
  { name, description, example, call, sentences }: Steering,
): void {
  const command = program
    .command(`${name} <RUN>`)
    .description(description)
    .option('--reason <TEXT>', 'why, for the audit trail')
    .addHelpText('after', `\nExamples:\n  $ ${example}`);
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[string], SteerOptions>(ending, async (context, [text], { reason = '' }) => {
      const client = context.client();
      const run = await call(client, { runId: await resolveRunId(client, text), reason });
      await printOne(context, RunSchema, run, { name: `run/${run.runId}`, table: () => sentences(run) });
      return EXIT.done;
    }),
  );
}
