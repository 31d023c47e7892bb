import type { Command } from 'commander';
import type { Client } from '../client/client.ts';
import { pages } from '../client/pages.ts';
import { defaultText, doesText, mannersText, timeoutSecondsOf } from '../tui/format/plan-row.ts';
import { printable } from '../tui/format/printable.ts';
import { planName } from '../tui/format/words.ts';
import type { Plan, PlanParam, Step } from '../wire/gen/baremetal/v1/plan_pb.ts';
import { PlanSchema } from '../wire/gen/baremetal/v1/plan_pb.ts';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import { EXIT } from './exit-code.ts';
import { usageFailure } from './failure.ts';
import { pairLines, printList, printOne, sectionTable } from './output/print.ts';
import type { Column } from './output/table.ts';
import { addPlanFileCommands } from './plan-files.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';

const COLUMNS: readonly Column<Plan>[] = [
  { title: 'PLAN', text: ({ planId }) => planName(planId) },
  { title: 'TYPE', text: ({ defaultForType }) => defaultForType || '–', leaves: 2 },
  { title: 'STEPS', text: ({ steps }) => steps.map((step) => step.name).join(', '), shrinkTo: 16 },
  {
    title: 'PARAMS',
    text: ({ params }) => params.map((param) => param.name).join(', ') || '–',
    shrinkTo: 8,
    leaves: 1,
  },
];

const VERSION: Column<Plan> = { title: 'VERSION', text: ({ version }) => String(version), align: 'right' };

const STEPS: readonly Column<Step>[] = [
  { title: 'STEP', text: ({ name }) => name },
  { title: 'DOES', text: doesText, shrinkTo: 10 },
  { title: 'TIMEOUT', text: (step) => `${timeoutSecondsOf(step)}s`, align: 'right' },
  { title: 'ATTEMPTS', text: ({ maxRetries }) => String(maxRetries + 1), align: 'right' },
  { title: 'NOTE', text: mannersText, shrinkTo: 12, leaves: 1 },
];

const PARAMS: readonly Column<PlanParam>[] = [
  { title: 'PARAM', text: ({ name }) => name },
  { title: 'DEFAULT', text: defaultText, shrinkTo: 10 },
  { title: 'IS', text: ({ help, allowedValues }) => [help, ...allowedValues.slice(0, 8)].join(' '), shrinkTo: 12 },
];

/** `bmdemo plans [ID]`: the plans, or one of them with its steps and params; below it, what is done with own plans. */
export function addPlansCommand(program: Command, ending: Ending): void {
  const command = program
    .command('plans [ID]')
    .description('the plans, or one with its steps and params')
    .addHelpText(
      'after',
      `
Examples:
  $ bmdemo plans
  $ bmdemo plans upgrade
  $ bmdemo plans firmware --plan-version 2`,
    )
    .option('--plan-version <N>', 'that version of it (default: the latest)')
    .option('--all-versions', 'the versions of every plan, the latest first')
    .helpCommand(false);
  addSettings(command, CLIENT_SETTINGS);
  addPlanFileCommands(command, ending);
  command.action(
    action<[string | undefined], PlansOptions>(ending, async (context, [id], options) => {
      const client = context.client();
      const allVersions = options.allVersions === true;
      if (id === undefined) {
        if (options.planVersion !== undefined) throw usageFailure('--plan-version needs the ID of a plan');
        await printList(context, {
          schema: PlanSchema,
          field: 'plans',
          rows: await Array.fromAsync(allPlans(client, allVersions)),
          name: ({ planId }) => planId,
          columns: allVersions ? [...COLUMNS, VERSION] : COLUMNS,
          none: 'there are no plans',
        });
        return EXIT.done;
      }
      if (allVersions) throw usageFailure('--all-versions is about the list; --plan-version shows one of a plan');
      const plan = await client.plans.getPlan({ planId: id, version: versionOf(options.planVersion) });
      await printOne(context, PlanSchema, plan, { name: plan.planId, table: () => planLines(context, plan) });
      return EXIT.done;
    }),
  );
}

interface PlansOptions {
  readonly planVersion?: string;
  readonly allVersions?: boolean;
}

function allPlans(client: Client, allVersions: boolean): AsyncGenerator<Plan> {
  return pages(async (page) => {
    const { plans, nextPageToken } = await client.plans.listPlans({ ...page, allVersions });
    return { rows: plans, nextPageToken };
  });
}

function versionOf(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw usageFailure(`--plan-version must be a whole number from 1, and is "${text}"`);
  return Number(text);
}

function planLines(context: Context, plan: Plan): string[] {
  return [
    ...pairLines(context, [
      ['plan', context.paint('strong', plan.planId)],
      ['name', printable(plan.displayName)],
      ['is for', printable(plan.description)],
      ['default for type', plan.defaultForType],
      ['version', plan.version === 0 ? '' : String(plan.version)],
      ['made by', plan.builtIn ? 'the server (built in)' : printable(plan.createdBy)],
    ]),
    ...sectionTable(context, 'steps', STEPS, plan.steps),
    ...sectionTable(context, 'params', PARAMS, plan.params),
  ];
}
