import type { Command } from 'commander';
import { Option } from 'commander';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import type { ImportResult } from './demo-machines.ts';
import { importDemoMachines, MAX_DEMO_MACHINES } from './demo-machines.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';
import { usageFailure } from './failure.ts';
import { countsText, importFile } from './import-file.ts';
import { documentText } from './output/document.ts';
import type { Tone } from './output/paint.ts';
import type { Column } from './output/table.ts';
import { tableLines } from './output/table.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';
import { syncFile } from './sync-file.ts';

const TONES: Readonly<Record<ImportResult['outcome'], Tone>> = { new: 'ok', changed: 'warn', unchanged: 'muted' };

const COLUMNS: readonly Column<ImportResult>[] = [
  { title: 'MACHINE', text: ({ machineId }) => machineId },
  { title: 'OUTCOME', text: ({ outcome }) => outcome, tone: ({ outcome }) => TONES[outcome] },
];

interface ImportOptions {
  readonly atomic?: boolean;
  readonly dryRun?: boolean;
  readonly map?: readonly string[];
  readonly format?: 'csv' | 'yaml' | 'json';
  readonly sync?: boolean;
  readonly source?: string;
  readonly retireMissing?: boolean;
  readonly expect?: string;
  readonly yes?: boolean;
}

/** `bmdemo import N` and `bmdemo import FILE`: demo machines, or one's own. */
export function addImportCommand(program: Command, ending: Ending): void {
  const command = program
    .command('import <N|FILE>')
    .description('N demo machines, machine-1 to machine-N, or the machines of a file; again is harmless')
    .option('--atomic', 'all machines of the file, or none')
    .option('--dry-run', 'say what would be new, changed or refused; change nothing')
    .option(
      '--map <COLUMN=FIELD>',
      'what a CSV column is about; nothing behind = leaves it out; may be repeated',
      gather,
    )
    .addOption(new Option('--format <FORMAT>', 'of the file, whatever its name').choices(['csv', 'yaml', 'json']))
    .option('--sync', 'the file is the truth for the machines of a source: also says which ones are gone from it')
    .option('--source <NAME>', 'the source that --sync is about; it owns the machines of the file from then on')
    .option('--retire-missing', 'with --sync, retire the machines that are gone, which otherwise are only told')
    .option('--expect <N>', 'with --sync, refuse unless the file makes so many changes')
    .option('--yes', 'with --sync, do not ask for the number of changes')
    .addHelpText(
      'after',
      `
A file is .csv with a header, or .yaml or .json as \`bmdemo export\` writes it; - reads what is piped in.
Fields: machine_id (required), provider, mac_addresses, serial, ssh_endpoint, bmc_address, rack, model,
bmc_credentials_ref, cluster_id, kubeconfig_secret_ref, labels.KEY. Headers that say hostname, mac, bmc
or the like are understood. Every mistake is told as FILE:LINE:COLUMN, and keeps only its own machine out.
A machine that is known becomes what the file says: what the file does not tell of it is empty then.

With --sync a file that has any mistake changes nothing, and the number of changes is confirmed.

Exit codes: 0 done, 2 no such file, 4 no server, 5 something was refused.

Examples:
  $ bmdemo import 3
  $ bmdemo import racks.csv --map 'Asset Tag=serial' --map 'Owner=labels.owner' --dry-run
  $ bmdemo import cmdb.csv --sync --source cmdb --retire-missing
  $ bmdemo export -o yaml | bmdemo import - --server 10.0.0.7:50051 --atomic`,
    );
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[string], ImportOptions>(ending, (context, [text], options) => {
      if (!/^[-+]?\d+(?:\.\d+)?$/.test(text)) {
        const { atomic = false, dryRun = false, map = [], format = null } = options;
        if (options.sync === true) return sync(context, text, options);
        if (Object.keys(options).some((name) => SYNC_OPTIONS.has(name))) {
          throw usageFailure('--source, --retire-missing, --expect and --yes go with --sync');
        }
        return importFile(context, { file: text, format, map, atomic, dryRun });
      }
      if (Object.keys(options).some((name) => FILE_OPTIONS.has(name))) {
        throw usageFailure('a number imports demo machines; the other options are about a file of machines');
      }
      return importDemo(context, text);
    }),
  );
}

const SYNC_OPTIONS: ReadonlySet<string> = new Set(['source', 'retireMissing', 'expect', 'yes']);
const FILE_OPTIONS: ReadonlySet<string> = new Set(['atomic', 'dryRun', 'map', 'format', 'sync', ...SYNC_OPTIONS]);

function sync(context: Context, file: string, options: ImportOptions): Promise<ExitCode> {
  const { source, atomic, retireMissing = false, dryRun = false, map = [], format = null, expect, yes } = options;
  if (source === undefined) throw usageFailure('--sync takes --source NAME: whose machines the file is the truth for');
  if (atomic === true)
    throw usageFailure('--atomic does not go with --sync: a file with a mistake changes nothing anyway');
  const asked = { ...(expect === undefined ? {} : { expect }), ...(yes === undefined ? {} : { yes }) };
  return syncFile(context, { file, format, map, dryRun, source, retireMissing, ...asked });
}

function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function importDemo(context: Context, text: string): Promise<ExitCode> {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > MAX_DEMO_MACHINES) {
    throw usageFailure(`N must be a whole number from 1 to ${MAX_DEMO_MACHINES}, and is "${text}"`);
  }
  const results = await importDemoMachines(context.client(), count);
  const { io, form, paint } = context;
  if (form === 'name') {
    for (const { machineId } of results) await io.out.line(`machine/${machineId}`);
  } else if (form === 'table') {
    for (const line of tableLines(COLUMNS, results, io.out.columns(), paint)) await io.out.line(line);
    await context.note(countsText(results));
  } else {
    const machines = results.map(({ machineId, outcome }) => ({ machineId, outcome }));
    await io.out.write(documentText({ machines }, form));
  }
  return EXIT.done;
}
