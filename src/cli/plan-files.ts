import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { JsonValue } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import type { Client } from '../client/client.ts';
import { ClientError } from '../client/client-error.ts';
import { formatPlanProblem } from '../server/plans/read.ts';
import { LONGEST_PLAN } from '../server/plans/yaml.ts';
import { count } from '../tui/format/words.ts';
import { PlanSchema } from '../wire/gen/baremetal/v1/plan_pb.ts';
import type { PlanProblem } from '../wire/gen/baremetal/v1/plan_service_pb.ts';
import type { Context, Ending } from './context.ts';
import { action, reportFailure } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT, worstOf } from './exit-code.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { documentText, jsonOf } from './output/document.ts';
import { printOne } from './output/print.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';

interface ChangeOptions {
  readonly reason: string;
  readonly requestId?: string;
}

/** `bmdemo plans create|validate|delete`: what is done with plans of one's own. */
export function addPlanFileCommands(plans: Command, ending: Ending): void {
  addCreate(plans, ending);
  addValidate(plans, ending);
  addDelete(plans, ending);
}

function addCreate(plans: Command, ending: Ending): void {
  const command = plans
    .command('create <FILE>')
    .description('make a plan of a YAML file, or a new version of one that is known; - reads what is piped in');
  finish(command, 'why, for the audit trail', 'bmdemo plans create firmware.yaml --reason "firmware 2.1"');
  command.action(
    action<[string], ChangeOptions>(ending, async (context, [file], { reason, requestId = randomUUID() }) => {
      const client = context.client();
      const source = {
        form: { case: 'yaml' as const, value: await textOf(file, context.io.input) },
        fileName: nameOf(file),
      };
      try {
        const plan = await client.plans.createPlan({ source, requestId, reason });
        const sentence = `${plan.planId} is version ${plan.version}`;
        await printOne(context, PlanSchema, plan, { name: plan.planId, table: () => [sentence] });
        return EXIT.done;
      } catch (error) {
        if (!(error instanceof ClientError) || error.reason !== 'BAD_PLAN') throw error;
        // The error has as much as fits into a trailer; this has all.
        const { problems } = await client.plans.validatePlan({ source });
        throw badPlan(nameOf(file), problems);
      }
    }),
  );
}

function addValidate(plans: Command, ending: Ending): void {
  const command = plans
    .command('validate <FILE...>')
    .description('say what is wrong with plans in YAML files, all at once; nothing is changed')
    .addHelpText(
      'after',
      '\nExit codes: 0 all are good, 2 not all are.\n\nExamples:\n  $ bmdemo plans validate plans/*.yaml',
    );
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[string[]], object>(ending, async (context, [files]) => {
      const client = context.client();
      const codes: ExitCode[] = [];
      const documents: JsonValue[] = [];
      for (const file of files) {
        try {
          documents.push(await validate(context, client, file));
        } catch (error) {
          codes.push(await reportFailure(context.io, error, context));
        }
      }
      const { io, form } = context;
      if (form === 'json' || form === 'yaml') await io.out.write(documentText({ plans: documents }, form));
      return codes.length === 0 ? EXIT.done : worstOf(codes);
    }),
  );
}

/** Says what a good file would be; the answer is the plan as a document. */
async function validate({ io, form }: Context, client: Client, file: string): Promise<JsonValue> {
  const value = await textOf(file, io.input);
  const { plan, problems } = await client.plans.validatePlan({
    source: { form: { case: 'yaml', value }, fileName: nameOf(file) },
  });
  if (plan === undefined) throw badPlan(nameOf(file), problems);
  if (form === 'table')
    await io.out.line(`${nameOf(file)}: ${plan.planId} is good, and would be version ${plan.version}`);
  else if (form === 'name') await io.out.line(plan.planId);
  return jsonOf(PlanSchema, plan);
}

function addDelete(plans: Command, ending: Ending): void {
  const command = plans
    .command('delete <ID>')
    .description('take a plan of your own away, with all its versions; runs under way keep theirs');
  finish(command, 'why, for the audit trail', 'bmdemo plans delete firmware --reason "not used any more"');
  command.action(
    action<[string], ChangeOptions>(ending, async (context, [planId], { reason, requestId = randomUUID() }) => {
      const plan = await context.client().plans.deletePlan({ planId, requestId, reason });
      const table = () => [`${plan.planId} is deleted`];
      await printOne(context, PlanSchema, plan, { name: plan.planId, table });
      return EXIT.done;
    }),
  );
}

function finish(command: Command, why: string, example: string): void {
  command
    .requiredOption('--reason <TEXT>', why)
    .option('--request-id <ID>', 'the same id again does nothing twice (default: a new one)')
    .addHelpText('after', `\nExamples:\n  $ ${example}`);
  addSettings(command, CLIENT_SETTINGS);
}

function badPlan(file: string, problems: readonly PlanProblem[]): CommandFailure {
  const wrong = `${file} is no plan that can be used: ${count(problems.length, 'mistake')}`;
  return new CommandFailure(wrong, EXIT.usage, problems.map(formatPlanProblem));
}

function nameOf(file: string): string {
  return file === '-' ? 'stdin' : file;
}

async function textOf(file: string, input: Readable): Promise<string> {
  if (file === '-') return readInput(input);
  try {
    if ((await stat(file)).size > LONGEST_PLAN) throw tooLong(file);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    if (error.code === 'ENOENT') throw usageFailure(`there is no file "${file}"`);
    throw usageFailure(`${file} cannot be read (${String(error.code)})`);
  }
}

async function readInput(input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > LONGEST_PLAN) throw tooLong('what is piped in');
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLong(what: string): CommandFailure {
  return usageFailure(`${what} is longer than ${LONGEST_PLAN / 1024} KiB`);
}
