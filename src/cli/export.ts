import type { Command } from 'commander';
import { Option } from 'commander';
import { filterFields } from '../core/domain/filter.ts';
import type { Machine } from '../wire/gen/baremetal/v1/machine_pb.ts';
import type { Ending } from './context.ts';
import { action } from './context.ts';
import { EXIT } from './exit-code.ts';
import { usageFailure } from './failure.ts';
import { csvLines } from './machine-file/write-csv.ts';
import { documentText } from './output/document.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';

interface ExportOptions {
  readonly filter?: string;
  readonly format?: 'csv' | 'yaml' | 'json';
}

/** `bmdemo export`: the inventory as a file that `bmdemo import` reads back. */
export function addExportCommand(program: Command, ending: Ending): void {
  const command = program
    .command('export')
    .description('the machines as a file that `import` reads back: what was declared, and not what became of it')
    .option(
      '--filter <FILTER>',
      `only what matches, as 'rack=r1 AND phase!=RMA'; over ${filterFields('machine').join(', ')}`,
    )
    .addOption(new Option('--format <FORMAT>', 'yaml unless -o says json').choices(['csv', 'yaml', 'json']))
    .addHelpText(
      'after',
      `
Examples:
  $ bmdemo export > machines.yaml
  $ bmdemo export --format csv --filter rack=r1 > r1.csv
  $ bmdemo import machines.yaml --dry-run`,
    );
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[], ExportOptions>(ending, async (context, _operands, { filter = '', format }) => {
      const { io, form } = context;
      if (form === 'name') throw usageFailure('export writes csv, yaml or json; `bmdemo list -o name` writes names');
      const chosen = format ?? (form === 'table' ? 'yaml' : form);
      const machines: Machine[] = [];
      for await (const machine of context.client().listMachines({ filter })) machines.push(machine);
      if (chosen === 'csv') for (const line of csvLines(machines)) await io.out.line(line);
      else await io.out.write(documentText({ machines: machines.map(declared) }, chosen));
      await context.note(`${machines.length} ${machines.length === 1 ? 'machine' : 'machines'}`);
      return EXIT.done;
    }),
  );
}

/** What was declared of a machine, in proto3 JSON; what is empty is left out. */
function declared({ machineId, spec, labels }: Machine) {
  const { targetCluster: cluster } = spec ?? {};
  const texts = {
    provider: spec?.provider ?? '',
    serial: spec?.serial ?? '',
    sshEndpoint: spec?.sshEndpoint ?? '',
    bmcAddress: spec?.bmcAddress ?? '',
    rack: spec?.rack ?? '',
    bmcCredentialsRef: spec?.bmcCredentialsRef ?? '',
    model: spec?.model ?? '',
  };
  const macs = spec?.macAddresses ?? [];
  return {
    machineId,
    spec: {
      ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
      ...(macs.length === 0 ? {} : { macAddresses: macs }),
      ...(cluster === undefined
        ? {}
        : { targetCluster: { clusterId: cluster.clusterId, kubeconfigSecretRef: cluster.kubeconfigSecretRef } }),
    },
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
}
