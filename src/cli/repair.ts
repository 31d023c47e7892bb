import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { Argument } from 'commander';
import type { Client } from '../client/client.ts';
import { printable } from '../tui/format/printable.ts';
import { machinePhaseWord } from '../tui/format/words.ts';
import type { Machine } from '../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineSchema } from '../wire/gen/baremetal/v1/machine_pb.ts';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import { doEach } from './do-each.ts';
import type { ExitCode } from './exit-code.ts';
import { machineNote, phaseOf } from './machine-words.ts';
import { machineTone } from './output/words.ts';
import type { SelectOptions } from './select.ts';
import { addSelectOptions, MACHINES, selectIds } from './select.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';
import type { PaceOptions } from './work-list.ts';
import { addPaceOptions, paceOf } from './work-list.ts';

/** The options that every repair has, as commander gives them. */
interface RepairOptions extends SelectOptions, PaceOptions {
  readonly reason: string;
  readonly requestId?: string;
}

/** What every repair request has. */
interface RepairRequest {
  readonly machineId: string;
  readonly requestId: string;
  readonly reason: string;
}

/** How a repair is sent. */
type Send = (client: Client, request: RepairRequest) => Promise<Machine>;

/** The commands by which a person says something about machines. */
export function addRepairCommands(program: Command, ending: Ending): void {
  addMaintenanceCommand(program, ending);
  addResolveCommand(program, ending);
  addCompleteRmaCommand(program, ending);
  addRetireCommand(program, ending);
  addDeleteCommand(program, ending);
}

function addMaintenanceCommand(program: Command, ending: Ending): void {
  const command = program
    .command('maintenance')
    .addArgument(new Argument('<enter|exit>').choices(['enter', 'exit']))
    .argument('[ID...]')
    .description('take machines out of service, or put them back where they were');
  finish(command, 'why, for the audit trail', [
    'bmdemo maintenance enter machine-1 machine-2 --reason "PDU of rack r1 is replaced"',
    'bmdemo maintenance exit machine-1 --reason "power is back"',
    'bmdemo maintenance enter --selector rack=r1 --expect 20 --max-parallel 5 --reason "PDU of rack r1 is replaced"',
  ]);
  command.action(
    action<['enter' | 'exit', string[]], RepairOptions>(ending, (context, [direction, ids], options) =>
      repair(context, ids, options, (client, request) =>
        direction === 'enter' ? client.machines.enterMaintenance(request) : client.machines.exitMaintenance(request),
      ),
    ),
  );
}

function addResolveCommand(program: Command, ending: Ending): void {
  const command = program
    .command('resolve [ID...]')
    .description('say that somebody has looked into machines that need intervention')
    .option('--release-stuck', 'also free a machine whose last call does not return: nothing works on it, you vouch');
  finish(command, 'what was found and done, for the audit trail', [
    'bmdemo resolve machine-2 --reason "reseated the NIC"',
    'bmdemo resolve machine-2 --release-stuck --reason "power is cut, nothing works on it"',
  ]);
  command.action(
    action<[string[]], RepairOptions & { readonly releaseStuck?: boolean }>(ending, (context, [ids], options) =>
      repair(context, ids, options, (client, request) =>
        client.machines.resolveIntervention({ ...request, releaseStuck: options.releaseStuck === true }),
      ),
    ),
  );
}

interface CompleteRmaOptions extends RepairOptions {
  readonly serial?: string;
  readonly mac?: readonly string[];
  readonly bmc?: string;
}

function addCompleteRmaCommand(program: Command, ending: Ending): void {
  const command = program
    .command('complete-rma <ID>')
    .description('new hardware stands under the old name; what is not given is as before')
    .option('--serial <TEXT>', 'its serial number')
    .option('--mac <ADDRESS...>', 'its MAC addresses, all of them; may be repeated')
    .option('--bmc <ADDRESS>', "its BMC's address");
  addReason(command, 'what was replaced, for the audit trail', [
    'bmdemo complete-rma machine-1 --serial S-4711 --mac 02:de:00:00:ff:01 --bmc 198.18.9.1 --reason "new mainboard"',
  ]);
  command.action(
    action<[string], CompleteRmaOptions>(ending, (context, [id], options) => {
      const { serial = '', mac = [], bmc = '' } = options;
      return repair(context, [id], options, (client, request) =>
        client.machines.completeRma({ ...request, serial, macAddresses: [...mac], bmcAddress: bmc }),
      );
    }),
  );
}

function addRetireCommand(program: Command, ending: Ending): void {
  const command = program
    .command('retire [ID...]')
    .description('take machines out of the fleet for good; their addresses become free');
  finish(command, 'why, for the audit trail', ['bmdemo retire machine-1 --reason "end of lease"']);
  command.action(
    action<[string[]], RepairOptions>(ending, (context, [ids], options) =>
      repair(context, ids, options, (client, request) => client.machines.retireMachine(request)),
    ),
  );
}

function addDeleteCommand(program: Command, ending: Ending): void {
  const command = program
    .command('delete [ID...]')
    .description('forget machines that are RETIRED or FACTORY_READY; their history stays');
  finish(command, 'why, for the audit trail', ['bmdemo delete machine-9 --reason "registered by mistake"']);
  command.action(
    action<[string[]], RepairOptions>(ending, (context, [ids], options) =>
      repair(context, ids, options, (client, request) => client.machines.deleteMachine(request), deletedLine),
    ),
  );
}

/** Of a command that is about any number of machines. */
function finish(command: Command, why: string, examples: readonly string[]): void {
  addSelectOptions(command, MACHINES);
  addPaceOptions(command, MACHINES.noun);
  addReason(command, why, examples);
}

function addReason(command: Command, why: string, examples: readonly string[]): void {
  command
    .requiredOption('--reason <TEXT>', why)
    .option('--request-id <ID>', 'the same id again does nothing twice (default: a new one)')
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 failed, 4 no server, 5 refused; of several machines the worst.

Examples:
${examples.map((example) => `  $ ${example}`).join('\n')}`,
    );
  addSettings(command, CLIENT_SETTINGS);
}

/** Sends a repair for each machine and says what each is now; the worst exit code counts. */
async function repair(
  context: Context,
  ids: readonly string[],
  { reason, requestId, ...options }: RepairOptions,
  send: Send,
  lineOf = nowLine,
): Promise<ExitCode> {
  const machineIds = await selectIds(context, MACHINES, ids, options);
  const client = context.client();
  const saying = {
    noun: MACHINES.noun,
    schema: MachineSchema,
    send: (machineId: string) => send(client, { machineId, requestId: requestId ?? randomUUID(), reason }),
    name: ({ machineId }: Machine) => `machine/${machineId}`,
    lines: (machine: Machine) => [lineOf(context, machine)],
  };
  return doEach(context, machineIds, saying, paceOf(options));
}

/** `machine-1 is MAINTENANCE: the PDU is replaced`. */
function nowLine({ paint }: Context, machine: Machine): string {
  const phase = phaseOf(machine);
  const note = printable(machineNote(machine));
  const word = paint(machineTone(phase), machinePhaseWord(phase));
  return `${machine.machineId} is ${word}${note === '' ? '' : `: ${paint('warn', note)}`}`;
}

function deletedLine(_: Context, { machineId }: Machine): string {
  return `${machineId} is deleted`;
}
