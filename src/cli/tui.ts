import { join } from 'node:path';
import type { Command } from 'commander';
import type { Address } from '../client/address.ts';
import { parseAddress } from '../client/address.ts';
import type { Client } from '../client/client.ts';
import type { StoreConfig } from '../server/config.ts';
import type { Imports } from '../tui/client-backend.ts';
import { backendOf } from '../tui/client-backend.ts';
import type { ConsoleOptions, OpenedServer } from '../tui/options.ts';
import { refuseTerminal } from '../tui/terminal/fit-terminal.ts';
import { chooseServer } from './choose-server.ts';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import { importDemoMachines } from './demo-machines.ts';
import type { ExitCode } from './exit-code.ts';
import { usageFailure } from './failure.ts';
import { importFileAsShown, previewFile } from './import-file.ts';
import { LogFile } from './log-file.ts';
import type { OwnServer } from './own-server.ts';
import { lossText, startOwnServer } from './own-server.ts';
import { addSettings } from './settings/resolve.ts';
import type { SettingName } from './settings/settings.ts';
import { COMMON_SETTINGS, LISTEN_SETTINGS, SERVER_SETTINGS } from './settings/settings.ts';
import { stateDirectory } from './state-directory.ts';
import { storeOf } from './store-choice.ts';

/** What a console understands. */
export const CONSOLE_SETTINGS: readonly SettingName[] = [
  'read-only',
  'theme',
  'screen-reader',
  ...LISTEN_SETTINGS,
  ...SERVER_SETTINGS,
  'server',
  'user',
  ...COMMON_SETTINGS,
];

/** `bmdemo tui`: the console. */
export function addTuiCommand(program: Command, ending: Ending): void {
  const command = program
    .command('tui')
    .description('the console, with a server in this process unless one is there or is named')
    .addHelpText(
      'after',
      `
Without --server it attaches to a bmdemo that has the port or the file already, if nothing is said
about what the server should do; else it starts one of its own, which ends with the console.

Examples:
  $ bmdemo tui
  $ bmdemo tui --server 127.0.0.1:50051 --read-only
  $ bmdemo tui --port 0 --slow
  $ bmdemo tui --screen-reader`,
    );
  addSettings(command, CONSOLE_SETTINGS);
  command.action(action<[], object>(ending, (context) => runTui(context)));
}

/** Runs the console to its end. */
export async function runTui(context: Context): Promise<ExitCode> {
  const { settings, io } = context;
  const refusal = refuseTerminal(process, io.env.TERM);
  if (refusal !== undefined) throw usageFailure(refusal);
  const store = storeOf(settings, io.env);
  const choice = await chooseServer(settings, store);
  // Ink's colour library reads the environment when it is loaded, which is in the import below.
  if (settings.value('color') === false) process.env.NO_COLOR = '1';
  const { runConsole } = await import('../tui/console.tsx');
  const state = stateDirectory(io.env);
  let own: OwnServer | null = null;
  const open = async (): Promise<OpenedServer> => {
    if (choice.kind === 'attach') return opened(context, choice.address);
    own = await startOwnServer(settings, choice.address.label, store, new LogFile(join(state, 'server.log')));
    return opened(context, parseAddress(own.address));
  };
  try {
    const exit = await runConsole({
      open,
      label: choice.address.label,
      attached: choice.kind === 'attach',
      ...consoleManner(context),
      stateDirectory: state,
    });
    if (exit.kind === 'open-failed') throw exit.error;
    return exit.code as ExitCode;
  } finally {
    context.close();
    await stopOwn(context, own, store);
  }
}

/** Whether somebody listens to the program: as its settings say, else as the library that draws the console asks. */
export function wantsScreenReader({ settings, io }: Context): boolean {
  return settings.value('screen-reader') ?? io.env.INK_SCREEN_READER === 'true';
}

/** What the settings make of any console, whatever it is used for. */
export function consoleManner(
  context: Context,
): Pick<ConsoleOptions, 'readOnly' | 'readOnlyBy' | 'keymap' | 'theme' | 'screenReader'> {
  const { settings } = context;
  return {
    readOnly: settings.value('read-only'),
    readOnlyBy: settings.given('read-only')?.label,
    keymap: settings.file.keymap,
    theme: settings.value('theme'),
    screenReader: wantsScreenReader(context),
  };
}

function opened(context: Context, address: Address): OpenedServer {
  const client = context.client({ address, waitForServer: true, record: true });
  const demo = async (count: number, signal: AbortSignal) => {
    const results = await importDemoMachines(client, count, signal);
    const ofOutcome = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
    return { created: ofOutcome('new'), updated: ofOutcome('changed'), unchanged: ofOutcome('unchanged') };
  };
  return { backend: backendOf(client, importsOf(client, demo)), label: address.label };
}

/** What a console imports with. @param importDemoMachines its own way to demo machines */
export function importsOf(client: Client, importDemoMachines: Imports['importDemoMachines']): Imports {
  return {
    importDemoMachines,
    previewFile: (file, signal) => previewFile(client, file, signal),
    importFile: (file, shown, signal) => importFileAsShown(client, file, shown, signal),
  };
}

/** Ends the console's own server. What is in memory is lost either way, so that no call is waited for. */
async function stopOwn(context: Context, own: OwnServer | null, store: StoreConfig): Promise<void> {
  if (own === null) return;
  const loss = lossText(await own.stop(store.kind === 'memory' ? { graceMs: 0 } : {}));
  if (loss !== '') await context.note(loss);
}
