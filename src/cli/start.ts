import type { Command } from 'commander';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import { dryRun } from './dry-run.ts';
import type { ExitCode } from './exit-code.ts';
import type { SelectOptions } from './select.ts';
import { addSelectOptions, MACHINES, selectIds } from './select.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';
import { startMany } from './start-many.ts';
import { startOne } from './start-one.ts';
import type { StartOptions } from './start-options.ts';
import { addStartOptions, startOrder } from './start-options.ts';
import type { PaceOptions } from './work-list.ts';
import { addPaceOptions, paceOf } from './work-list.ts';

/** All that is asked of a command that starts runs. */
type ManyOptions = StartOptions & SelectOptions & PaceOptions;

/** A command that starts runs of one type with that type's default plan. */
interface TypeCommand {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly examples: readonly string[];
}

const TYPE_COMMANDS: readonly TypeCommand[] = [
  {
    name: 'repave',
    type: 'REPAVE',
    description: 'write a fresh image and join the cluster; everything on the disk is lost',
    examples: [
      'bmdemo repave machine-1 --dry-run',
      'bmdemo repave machine-1',
      'bmdemo repave machine-1 machine-2 --param image_ref=ubuntu:24.04-k8s',
    ],
  },
  {
    name: 'reboot',
    type: 'REBOOT',
    description: 'restart machines; what is installed stays',
    examples: [
      'bmdemo reboot machine-1 --reason "kernel update"',
      "bmdemo reboot --selector 'rack=r1' --expect 20 --max-parallel 5 --stop-after-failures 1",
    ],
  },
  {
    name: 'rma',
    type: 'RMA',
    description: 'drain machines, shut them down and mark them for replacement; --reason says what is broken',
    examples: ['bmdemo rma machine-1 --reason "bad DIMM in slot A3"'],
  },
  {
    name: 'upgrade',
    type: 'UPGRADE',
    description: 'drain machines, upgrade Kubernetes, and take them back into service',
    examples: ['bmdemo upgrade machine-1 --param version=1.32'],
  },
  {
    name: 'net-reconfig',
    type: 'NET_RECONFIG',
    description: 'change the network settings of machines',
    examples: ['bmdemo net-reconfig machine-1 --param vlan=42 --param mtu=9000'],
  },
];

/** `bmdemo repave ID…` and its like. */
export function addTypeCommands(program: Command, ending: Ending): void {
  for (const { name, type, description, examples } of TYPE_COMMANDS) {
    const command = program.command(`${name} [ID...]`).description(description);
    finish(command, examples);
    command.action(
      action<[string[]], ManyOptions>(ending, (context, [ids], options) => start(context, type, '', ids, options)),
    );
  }
}

/** `bmdemo start PLAN ID…`: a run of any plan. */
export function addStartCommand(program: Command, ending: Ending): void {
  const command = program.command('start <PLAN> [ID...]').description('start runs of a plan, and follow them');
  finish(command, [
    'bmdemo start reboot machine-1',
    'bmdemo start plan/upgrade machine-2 --detach',
    'bmdemo start repave-join machine-3 --dry-run',
  ]);
  command.action(
    action<[string, string[]], ManyOptions>(ending, (context, [plan, ids], options) =>
      start(context, '', plan, ids, options),
    ),
  );
}

function finish(command: Command, examples: readonly string[]): void {
  addSelectOptions(command, MACHINES);
  addStartOptions(command);
  addPaceOptions(command, MACHINES.noun);
  addSettings(command, CLIENT_SETTINGS);
  const after = `
A selector is resolved once, and what it matches confirmed by its number unless --yes.

Exit codes: 0 done, 1 failed, 3 canceled, 4 no server, 5 refused; of several machines the worst.
Ctrl-C only stops following (130): the run goes on. --dry-run: 0 it would be started, 5 it would be refused.

Examples:
${examples.map((example) => `  $ ${example}`).join('\n')}`;
  command.addHelpText('after', after);
}

async function start(
  context: Context,
  type: string,
  planId: string,
  ids: readonly string[],
  options: ManyOptions,
): Promise<ExitCode> {
  const order = startOrder(type, planId, options);
  const pace = paceOf(options);
  const machineIds = await selectIds(context, MACHINES, ids, options, options.dryRun !== true);
  if (options.dryRun === true) return dryRun(context, machineIds, order);
  const detach = options.detach === true;
  const [only] = machineIds;
  if (machineIds.length === 1 && only !== undefined) return startOne(context, only, order, detach);
  return startMany(context, machineIds, order, { detach, ...pace });
}
