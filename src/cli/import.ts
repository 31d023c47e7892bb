import type { Command } from 'commander';
import type { Ending } from './context.ts';
import { action } from './context.ts';
import type { ImportResult } from './demo-machines.ts';
import { importDemoMachines, MAX_DEMO_MACHINES } from './demo-machines.ts';
import { EXIT } from './exit-code.ts';
import { usageFailure } from './failure.ts';
import { documentText } from './output/document.ts';
import type { Tone } from './output/paint.ts';
import type { Column } from './output/table.ts';
import { tableLines } from './output/table.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';

const TONES: Readonly<Record<ImportResult['outcome'], Tone>> = { new: 'ok', changed: 'warn', unchanged: 'muted' };

const COLUMNS: readonly Column<ImportResult>[] = [
  { title: 'MACHINE', text: ({ machineId }) => machineId },
  { title: 'OUTCOME', text: ({ outcome }) => outcome, tone: ({ outcome }) => TONES[outcome] },
];

/** `bmdemo import N`: demo machines. */
export function addImportCommand(program: Command, ending: Ending): void {
  const command = program
    .command('import <N>')
    .description('N demo machines, machine-1 to machine-N, of the fake provider; again is harmless')
    .addHelpText(
      'after',
      `
Examples:
  $ bmdemo import 3`,
    );
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[string], object>(ending, async (context, [text]) => {
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
    }),
  );
}

/** `3 machines: 2 new, 1 unchanged`. */
export function countsText(results: readonly ImportResult[]): string {
  const parts = (['new', 'changed', 'unchanged'] as const)
    .map((outcome) => [results.filter((result) => result.outcome === outcome).length, outcome] as const)
    .filter(([count]) => count > 0)
    .map(([count, outcome]) => `${count} ${outcome}`);
  return `${results.length} ${results.length === 1 ? 'machine' : 'machines'}: ${parts.join(', ')}`;
}
