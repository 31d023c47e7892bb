import type { Command } from 'commander';
import { Option } from 'commander';
import { machinePhaseWord, shortRunId } from '../tui/format/words.ts';
import type { Machine } from '../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineSchema } from '../wire/gen/baremetal/v1/machine_pb.ts';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';
import type { ListOptions } from './listing.ts';
import { addListOptions, gather } from './listing.ts';
import { machineNote, phaseOf } from './machine-words.ts';
import { printList } from './output/print.ts';
import type { Column } from './output/table.ts';
import { ageOf, stampText } from './output/when.ts';
import { machineTone } from './output/words.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';
import { timeOption } from './times.ts';

/** @param now the time at which the machines are looked at */
const columns = (now: number): readonly Column<Machine>[] => [
  { title: 'MACHINE', text: (machine) => machine.machineId },
  {
    title: 'PHASE',
    text: (machine) => machinePhaseWord(phaseOf(machine)),
    tone: (machine) => machineTone(phaseOf(machine)),
  },
  { title: 'RUN', text: ({ status }) => shortRunId(status?.activeRunId ?? '') || '–', leaves: 4 },
  { title: 'RACK', text: ({ spec }) => spec?.rack || '–', leaves: 2, shrinkTo: 8 },
  { title: 'CLUSTER', text: ({ spec }) => spec?.targetCluster?.clusterId || '–', leaves: 1, shrinkTo: 8 },
  { title: 'AGE', text: ({ status }) => ageOf(status?.phaseSince, now) || '–', align: 'right', leaves: 3 },
  { title: 'NOTE', text: machineNote, tone: () => 'warn', shrinkTo: 12, leaves: 5 },
];

interface FleetOptions extends ListOptions {
  readonly at?: string;
}

/** `bmdemo list`: the machines. */
export function addListCommand(program: Command, ending: Ending): void {
  const command = program
    .command('list')
    .description('the machines; AGE is the time in this phase')
    .addOption(atOption())
    .addHelpText(
      'after',
      `
Examples:
  $ bmdemo list --filter 'rack=r1 AND phase=IN_SERVICE'
  $ bmdemo list --at '2h ago' --filter phase=MAINTENANCE
  $ bmdemo list -o name | xargs bmdemo reboot`,
    );
  addListOptions(command, {
    subject: 'machine',
    example: 'rack=r1 AND phase!=RMA',
    sort: 'machine_id (the default), phase, rack or updated_at',
  });
  addSettings(command, CLIENT_SETTINGS);
  command.action(action<[], FleetOptions>(ending, (context, _operands, options) => printFleet(context, options)));
}

/** The option that asks for the past. */
export function atOption(): Option {
  return new Option('--at <TIME>', 'the fleet as it was then: 2h ago, or 2026-11-22T21:00:00Z');
}

/** Writes the machines that match, as they are or as they were. */
export async function printFleet(context: Context, options: FleetOptions): Promise<ExitCode> {
  const { filter, sort: orderBy } = options;
  const now = Date.now();
  const asOf = timeOption('--at', options.at, now);
  const client = context.client();
  const rows = await gather(context, options, (limit) => client.listMachines({ filter, orderBy, limit, asOf }));
  await printList(context, {
    schema: MachineSchema,
    field: 'machines',
    rows,
    name: ({ machineId }) => `machine/${machineId}`,
    columns: columns(asOf ?? now),
    none: noneText(filter, asOf),
  });
  return EXIT.done;
}

function noneText(filter: string | undefined, asOf: number | undefined): string {
  const then = asOf === undefined ? '' : ` at ${stampText(asOf)}`;
  if (filter !== undefined) return asOf === undefined ? 'no machine matches' : `no machine matched${then}`;
  return asOf === undefined ? 'there are no machines; `bmdemo import 3` makes some' : `there were no machines${then}`;
}
