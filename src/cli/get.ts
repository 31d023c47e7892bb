import type { Command } from 'commander';
import { printable } from '../tui/format/printable.ts';
import { machinePhaseWord } from '../tui/format/words.ts';
import type { Condition, Machine } from '../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineSchema } from '../wire/gen/baremetal/v1/machine_pb.ts';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import { EXIT } from './exit-code.ts';
import { machineIdOf } from './ids.ts';
import { phaseOf } from './machine-words.ts';
import { mapText, pairLines, printOne, sectionTable } from './output/print.ts';
import type { Column } from './output/table.ts';
import { ageOf, timeText } from './output/when.ts';
import { machineTone } from './output/words.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';

/** How a machine's conditions are shown. */
export const CONDITION_COLUMNS: readonly Column<Condition>[] = [
  { title: 'CONDITION', text: ({ type }) => type },
  { title: 'STATUS', text: ({ status }) => String(status) },
  { title: 'SINCE', text: ({ lastTransitionTime }) => ageOf(lastTransitionTime), align: 'right' },
  { title: 'REASON', text: ({ reason }) => reason, leaves: 1 },
  { title: 'MESSAGE', text: ({ message }) => message, shrinkTo: 12 },
];

/** `bmdemo get ID`: one machine, whole. */
export function addGetCommand(program: Command, ending: Ending): void {
  const command = program
    .command('get <ID>')
    .description('one machine, whole')
    .addHelpText(
      'after',
      `
Examples:
  $ bmdemo get machine-1
  $ bmdemo get machine-1 -o json | jq -r .status.phase`,
    );
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[string], object>(ending, async (context, [id]) => {
      const machine = await context.client().machines.getMachine({ machineId: machineIdOf(id) });
      const name = `machine/${machine.machineId}`;
      await printOne(context, MachineSchema, machine, { name, table: () => machineLines(context, machine) });
      return EXIT.done;
    }),
  );
}

function machineLines(context: Context, machine: Machine): string[] {
  const { spec, status } = machine;
  const phase = phaseOf(machine);
  const effective = status?.effectiveState ?? phase;
  const pairs: (readonly [string, string])[] = [
    ['machine', context.paint('strong', machine.machineId)],
    ['phase', context.paint(machineTone(phase), machinePhaseWord(phase))],
    ['counts as', effective === phase ? '' : machinePhaseWord(effective)],
    ['in phase since', timeText(status?.phaseSince)],
    ['active run', status?.activeRunId ?? ''],
    ['held by run', status?.stoppingRunId ?? ''],
    ['waits for', printable(status?.waitingFor?.detail ?? '')],
    ['provider', printable(spec?.provider ?? '')],
    ['model', printable(spec?.model ?? '')],
    ['serial', printable(spec?.serial ?? '')],
    ['MAC addresses', printable(spec?.macAddresses.join(', ') ?? '')],
    ['BMC', printable(spec?.bmcAddress ?? '')],
    ['BMC credentials', printable(spec?.bmcCredentialsRef ?? '')],
    ['SSH', printable(spec?.sshEndpoint ?? '')],
    ['rack', printable(spec?.rack ?? '')],
    ['target cluster', printable(spec?.targetCluster?.clusterId ?? '')],
    ['source', printable(machine.source)],
    ['labels', mapText(machine.labels)],
    ['last seen', timeText(status?.lastSeen)],
    ['registered', timeText(machine.createdAt)],
    ['changed', timeText(machine.updatedAt)],
  ];
  return [
    ...pairLines(context, pairs),
    ...sectionTable(context, 'conditions', CONDITION_COLUMNS, status?.conditions ?? []),
  ];
}
