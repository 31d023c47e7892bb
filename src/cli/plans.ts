import type { Command } from 'commander';
import { printable } from '../tui/format/printable.ts';
import { planName } from '../tui/format/words.ts';
import type { Plan, PlanParam, Step } from '../wire/gen/baremetal/v1/plan_pb.ts';
import { PlanSchema } from '../wire/gen/baremetal/v1/plan_pb.ts';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import { EXIT } from './exit-code.ts';
import { pairLines, printList, printOne, sectionTable } from './output/print.ts';
import type { Column } from './output/table.ts';
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

const STEPS: readonly Column<Step>[] = [
  { title: 'STEP', text: ({ name }) => name },
  { title: 'DOES', text: doesText, shrinkTo: 10 },
  { title: 'TIMEOUT', text: ({ timeoutSeconds }) => `${timeoutSeconds || 300}s`, align: 'right' },
  { title: 'ATTEMPTS', text: ({ maxRetries }) => String(maxRetries + 1), align: 'right' },
];

const PARAMS: readonly Column<PlanParam>[] = [
  { title: 'PARAM', text: ({ name }) => name },
  { title: 'DEFAULT', text: defaultText, shrinkTo: 10 },
  { title: 'IS', text: ({ help, allowedValues }) => [help, ...allowedValues.slice(0, 8)].join(' '), shrinkTo: 12 },
];

/** `bmdemo plans [ID]`: the plans, or one of them with its steps and params. */
export function addPlansCommand(program: Command, ending: Ending): void {
  const command = program
    .command('plans [ID]')
    .description('the plans, or one with its steps and params')
    .addHelpText(
      'after',
      `
Examples:
  $ bmdemo plans
  $ bmdemo plans upgrade`,
    );
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[string | undefined], object>(ending, async (context, [id]) => {
      const client = context.client();
      if (id === undefined) {
        await printList(context, {
          schema: PlanSchema,
          field: 'plans',
          rows: await Array.fromAsync(client.listPlans()),
          name: ({ planId }) => planId,
          columns: COLUMNS,
          none: 'there are no plans',
        });
        return EXIT.done;
      }
      const plan = await client.plans.getPlan({ planId: id });
      await printOne(context, PlanSchema, plan, { name: plan.planId, table: () => planLines(context, plan) });
      return EXIT.done;
    }),
  );
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

/** What a step does, as its field in Step is called, and the value that tells it from others of its kind. */
function doesText({ kind }: Step): string {
  switch (kind.case) {
    case 'ssh':
      return `ssh ${kind.value.scriptRef}`;
    case 'netboot':
      return `netboot ${kind.value.profile}`;
    case 'repave':
      return `repave ${kind.value.imageRef}`;
    case 'powerOff':
      return 'power_off';
    case undefined:
      return '–';
    default:
      return kind.case;
  }
}

function defaultText({ defaultValue, defaultFrom, required }: PlanParam): string {
  if (defaultFrom !== '') return `(${defaultFrom})`;
  if (defaultValue !== undefined && defaultValue !== '') return defaultValue;
  return required ? '(required)' : '–';
}
