import type { Command } from 'commander';
import { filterFields } from '../core/domain/filter.ts';
import { machinePhaseWord, shortRunId } from '../tui/format/words.ts';
import type { Machine } from '../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineSchema } from '../wire/gen/baremetal/v1/machine_pb.ts';
import type { Ending } from './context.ts';
import { action } from './context.ts';
import { EXIT } from './exit-code.ts';
import type { ListOptions } from './listing.ts';
import { addListOptions, gather } from './listing.ts';
import { machineNote, phaseOf } from './machine-words.ts';
import { printList } from './output/print.ts';
import type { Column } from './output/table.ts';
import { ageOf } from './output/when.ts';
import { machineTone } from './output/words.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';

const COLUMNS: readonly Column<Machine>[] = [
  { title: 'MACHINE', text: (machine) => machine.machineId },
  {
    title: 'PHASE',
    text: (machine) => machinePhaseWord(phaseOf(machine)),
    tone: (machine) => machineTone(phaseOf(machine)),
  },
  { title: 'RUN', text: ({ status }) => shortRunId(status?.activeRunId ?? '') || '–', leaves: 4 },
  { title: 'RACK', text: ({ spec }) => spec?.rack || '–', leaves: 2, shrinkTo: 8 },
  { title: 'CLUSTER', text: ({ spec }) => spec?.targetCluster?.clusterId || '–', leaves: 1, shrinkTo: 8 },
  { title: 'AGE', text: ({ status }) => ageOf(status?.phaseSince) || '–', align: 'right', leaves: 3 },
  { title: 'NOTE', text: machineNote, tone: () => 'warn', shrinkTo: 12, leaves: 5 },
];

/** `bmdemo list`: the machines. */
export function addListCommand(program: Command, ending: Ending): void {
  const command = program
    .command('list')
    .description('the machines; AGE is the time in this phase')
    .addHelpText(
      'after',
      `
Examples:
  $ bmdemo list --filter 'rack=r1 AND phase=IN_SERVICE'
  $ bmdemo list -o name | xargs bmdemo reboot`,
    );
  addListOptions(command, filterFields('machine').join(', '), 'machine_id (the default), phase, rack or updated_at');
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[], ListOptions>(ending, async (context, _operands, options) => {
      const { filter, sort: orderBy } = options;
      const client = context.client();
      const rows = await gather(context, options, (limit) => client.listMachines({ filter, orderBy, limit }));
      await printList(context, {
        schema: MachineSchema,
        field: 'machines',
        rows,
        name: ({ machineId }) => `machine/${machineId}`,
        columns: COLUMNS,
        none: filter === undefined ? 'there are no machines; `bmdemo import 3` makes some' : 'no machine matches',
      });
      return EXIT.done;
    }),
  );
}
