import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { parseAddress } from '../../client/address.ts';
import type { Client } from '../../client/client.ts';
import { connect } from '../../client/client.ts';
import type { Imported, ImportedFile, TourHost } from '../../tour/host.ts';
import { importDemoMachines } from '../demo-machines.ts';
import { CommandFailure } from '../failure.ts';
import { countsText, registerRows } from '../import-file.ts';
import { readMachineFile } from '../machine-file/read-file.ts';
import type { TourFolder } from './folder.ts';
import type { TourServer } from './tour-server.ts';

/** How a tour speaks to a server. */
export interface Speaking {
  /** Who calls; the login name if not given. */
  readonly user: string | undefined;
}

/** What a host has of its own beside the server. */
export interface HostParts extends Speaking {
  /** Where the files of the walk are written that it imports. */
  readonly folder: TourFolder;
}

/** The host of a tour that starts and stops a server of its own. */
export function ownHost(server: TourServer, { user, folder }: HostParts): TourHost {
  return {
    ...commonOf(folder),
    ownServer: true,
    start: async (keptIn) => connect({ address: parseAddress(await server.start(keptIn)), user }),
    restart: (machineIds) => server.restart(machineIds),
    stop: () => server.stop(),
    hurry: (on) => server.hurry(on),
  };
}

/** The host of a tour of a server that somebody else has started. */
export function remoteHost(address: string, { user, folder }: HostParts): TourHost {
  return {
    ...commonOf(folder),
    ownServer: false,
    restart: async () => {},
    start: async () => connect({ address: parseAddress(address), user, waitForServer: true }),
    stop: async () => ({ runsLost: 0, machinesLost: 0 }),
    hurry: () => {},
  };
}

/** Registers demo machines 1 to `count`, and counts what became of them. */
export async function importForTour(client: Client, count: number, signal: AbortSignal): Promise<Imported> {
  const results = await importDemoMachines(client, count, signal);
  const ofOutcome = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
  return { created: ofOutcome('new'), updated: ofOutcome('changed'), unchanged: ofOutcome('unchanged') };
}

function commonOf(folder: TourFolder): Pick<TourHost, 'importMachines' | 'importFile' | 'newId'> {
  return {
    importMachines: importForTour,
    importFile: (client, { name, text }, signal) => importFileForTour(client, folder.write(name, text), signal),
    newId: () => `tour-${randomBytes(6).toString('hex')}`,
  };
}

/** Registers the machines of a file, as `bmdemo import FILE` does. @throws CommandFailure where it is no file of machines */
async function importFileForTour(client: Client, path: string, signal: AbortSignal): Promise<ImportedFile> {
  const file = await readMachineFile({ file: path, format: null, map: [] }, Readable.from([]));
  const [wrong] = file.mistakes;
  if (wrong !== undefined) throw new CommandFailure(`${path}:${wrong.line}: ${wrong.message}`);
  const told = await registerRows(client, file, { atomic: false, dryRun: false }, false, signal);
  const rows = told.map(({ place, machineId, outcome, note }) => ({ line: place.line, machineId, outcome, note }));
  return { rows, summary: countsText(told) };
}

/**
 * Makes sure that a talk on this server harms nobody: all its providers are fake, and its inventory is empty.
 *
 * @throws CommandFailure that says what stands against it; ClientError where no server answers
 */
export async function requireHarmless(address: string, { user }: Speaking): Promise<void> {
  const client = connect({ address: parseAddress(address), user });
  try {
    const info = await client.server.getServerInfo({});
    const real = info.providers.filter(({ simulated }) => !simulated).map(({ name }) => name);
    if (!info.demo || real.length > 0) {
      const which = real.length === 0 ? '' : ` (${real.join(', ')})`;
      throw new CommandFailure(
        `the server at ${address} reaches real hardware${which}, and a talk must never touch any; start one with \`bmdemo serve --provider fake\``,
      );
    }
    const { machines } = await client.server.getCounts({});
    if (machines > 0) {
      throw new CommandFailure(
        `the server at ${address} has ${machines} machines already, and a talk begins with none; start a fresh one with \`bmdemo serve --store memory\``,
      );
    }
  } finally {
    client.close();
  }
}
