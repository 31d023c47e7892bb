import type { Writable } from 'node:stream';
import type { Address } from '../client/address.ts';
import { parseAddress } from '../client/address.ts';
import type { StoreConfig } from '../server/config.ts';
import { parseListen } from '../server/listen-address.ts';
import { openServer } from '../server/open-server.ts';
import type { Server, Stopped } from '../server/server.ts';
import { count } from '../tui/format/words.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import type { PortOwner } from './port-owner.ts';
import { ownerText, portOwner } from './port-owner.ts';
import { serverConfig } from './server-config.ts';
import type { Settings } from './settings/resolve.ts';

/** A server in this process, and where it listens. */
export interface OwnServer {
  readonly address: string;
  readonly stop: Server['stop'];
}

/**
 * Starts a server in this process.
 *
 * @throws CommandFailure where it cannot listen there, or keep its state in that store; it says who does
 */
export async function startOwnServer(
  settings: Settings,
  listen: string,
  store: StoreConfig,
  logOut: Writable | null,
): Promise<OwnServer> {
  const opened = await openServer(serverConfig(settings, listen, store, logOut));
  if (opened.kind === 'fault') {
    throw opened.code === 'STORE_UNUSABLE' ? usageFailure(opened.message) : new CommandFailure(opened.message);
  }
  const { server } = opened;
  const started = await server.start();
  switch (started.kind) {
    case 'listening':
      return { address: started.address, stop: (options) => server.stop(options) };
    case 'fault':
      if (started.code === 'ADDRESS_IN_USE') throw inUse(listen, await portOwner(parseAddress(listen)));
      if (started.code === 'ADDRESS_UNUSABLE') throw new CommandFailure(started.message);
      throw usageFailure(started.message);
  }
}

/**
 * Makes sure that nobody listens there. Listening would tell as much, but later: the file of the store is opened first,
 * and a server that has both is better told by its address.
 *
 * @throws CommandFailure that says who does
 */
export async function requireFree(address: Address): Promise<void> {
  // Where it may not listen at all, the server says best why.
  if (/:0$/.test(address.label) || parseListen(address.label).kind === 'fault') return;
  const owner = await portOwner(address);
  if (owner.kind !== 'nobody') throw inUse(address.label, owner);
}

function inUse(listen: string, owner: PortOwner): CommandFailure {
  const attach = owner.kind === 'bmdemo' ? `\`bmdemo tui --server ${listen}\` attaches to it, ` : '';
  return new CommandFailure(
    `cannot listen on ${listen}: ${ownerText(owner)} has it; ${attach}--port 0 takes a free one`,
  );
}

/** What is gone with a server whose state was in memory, as a sentence; empty where nothing is. */
export function lossText({ machinesLost, runsLost }: Stopped): string {
  if (machinesLost === 0 && runsLost === 0) return '';
  const runs = runsLost === 0 ? 'no run was under way' : `${count(runsLost, 'run')} had not ended`;
  return `the store was in memory: ${count(machinesLost, 'machine')} with their history are gone; ${runs}`;
}
