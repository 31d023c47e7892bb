import { randomBytes } from 'node:crypto';
import { parseAddress } from '../../client/address.ts';
import type { Client } from '../../client/client.ts';
import { connect } from '../../client/client.ts';
import type { Imported, TourHost } from '../../tour/host.ts';
import { importDemoMachines } from '../demo-machines.ts';
import { CommandFailure } from '../failure.ts';
import type { TourServer } from './tour-server.ts';

/** How a tour speaks to a server. */
export interface Speaking {
  /** Who calls; the login name if not given. */
  readonly user: string | undefined;
}

/** The host of a tour that starts and stops a server of its own. */
export function ownHost(server: TourServer, { user }: Speaking): TourHost {
  return {
    ...COMMON,
    ownServer: true,
    start: async () => connect({ address: parseAddress(await server.start()), user }),
    stop: () => server.stop(),
    hurry: (on) => server.hurry(on),
  };
}

/** The host of a tour of a server that somebody else has started. */
export function remoteHost(address: string, { user }: Speaking): TourHost {
  return {
    ...COMMON,
    ownServer: false,
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

const COMMON = {
  importMachines: importForTour,
  newId: () => `tour-${randomBytes(6).toString('hex')}`,
};

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
