import type { Command } from 'commander';
import type { Client } from '../client/client.ts';
import type { Run } from '../wire/gen/baremetal/v1/run_pb.ts';
import { RunSchema } from '../wire/gen/baremetal/v1/run_pb.ts';
import type { Ending } from './context.ts';
import { action } from './context.ts';
import { doEach } from './do-each.ts';
import type { SelectOptions } from './select.ts';
import { addSelectOptions, RUNS, selectIds } from './select.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';
import type { PaceOptions } from './work-list.ts';
import { addPaceOptions, paceOf } from './work-list.ts';

interface SteerOptions extends SelectOptions, PaceOptions {
  readonly reason?: string;
}

/** A command that says something to runs. */
export interface Steering {
  readonly name: string;
  readonly description: string;
  readonly examples: readonly string[];
  readonly call: (client: Client, request: { runId: string; reason: string }) => Promise<Run>;
  readonly sentences: (run: Run) => string[];
}

/** Gives the program such a command. */
export function addSteering(
  program: Command,
  ending: Ending,
  { name, description, examples, call, sentences }: Steering,
): void {
  const command = program
    .command(`${name} [RUN...]`)
    .description(description)
    .option('--reason <TEXT>', 'why, for the audit trail');
  addSelectOptions(command, RUNS);
  addPaceOptions(command, RUNS.noun);
  command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`);
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[string[]], SteerOptions>(ending, async (context, [ids], { reason = '', ...options }) => {
      const runIds = await selectIds(context, RUNS, ids, options);
      const client = context.client();
      const saying = {
        noun: RUNS.noun,
        schema: RunSchema,
        send: (runId: string) => call(client, { runId, reason }),
        name: ({ runId }: Run) => `run/${runId}`,
        lines: sentences,
      };
      return doEach(context, runIds, saying, paceOf(options));
    }),
  );
}
