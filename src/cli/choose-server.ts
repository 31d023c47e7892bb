import type { Address } from '../client/address.ts';
import { parseAddress } from '../client/address.ts';
import type { StoreConfig } from '../server/config.ts';
import { fileHolder } from '../server/stores/sqlite/lock.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { ownerText, portOwner } from './port-owner.ts';
import type { Given, Settings } from './settings/resolve.ts';
import { listenAddress } from './settings/resolve.ts';
import type { SettingName } from './settings/settings.ts';
import { LISTEN_SETTINGS, SERVER_SETTINGS } from './settings/settings.ts';

/** The server that a console is to show. */
export type ServerChoice =
  | { readonly kind: 'attach'; readonly address: Address }
  /** One in this process, that is to listen there. */
  | { readonly kind: 'own'; readonly address: Address };

/**
 * Chooses the server of a console: the one that was named; else the bmdemo that has the port or the file of the store,
 * where nothing was said about what the server should do; else one of its own.
 *
 * @throws CommandFailure where both a running server and settings for a new one are meant, or something else has the port
 */
export async function chooseServer(
  settings: Settings,
  store: StoreConfig,
  ask: typeof portOwner = portOwner,
): Promise<ServerChoice> {
  const server = settings.given('server');
  if (server !== undefined) {
    const other = firstSaid(settings, [...SERVER_SETTINGS, ...LISTEN_SETTINGS]);
    if (other === undefined) return { kind: 'attach', address: server.value };
    throw usageFailure(
      `${server.label} and ${other.label} do not go together: one names a server that runs, the other is for a new one`,
    );
  }
  const address = listenAddress(settings);
  if (/:0$/.test(address.label)) return { kind: 'own', address };
  const owner = await ask(address);
  if (owner.kind === 'nobody') return whoHasTheFile(settings, store) ?? { kind: 'own', address };
  if (owner.kind === 'other') {
    throw new CommandFailure(`${address.label} is taken by ${ownerText(owner)}; --port 0 takes a free port`);
  }
  const said = firstSaid(settings, SERVER_SETTINGS);
  if (said === undefined) return { kind: 'attach', address };
  throw usageFailure(
    `${ownerText(owner)} already has ${address.label}, and ${said.label} is for a new server; leave it out to attach, or take a free port with --port 0`,
  );
}

/** The server that has the file of the store; null where none has, or it does not say where it listens. */
function whoHasTheFile(settings: Settings, store: StoreConfig): ServerChoice | null {
  const holder = store.kind === 'sqlite' ? fileHolder(store.path) : null;
  if (store.kind !== 'sqlite' || holder === null || holder.address === null) return null;
  const said = firstSaid(settings, [...SERVER_SETTINGS, ...LISTEN_SETTINGS]);
  if (said === undefined) return { kind: 'attach', address: parseAddress(holder.address) };
  throw usageFailure(
    `${store.path} is in use by ${holder.text}, and ${said.label} is for a new server; leave it out to attach, or give another file with --store`,
  );
}

/** The first of these that was said for this very start; what the configuration file says is for the usual case. */
function firstSaid(settings: Settings, names: readonly SettingName[]): Given | undefined {
  for (const name of names) {
    const given = settings.given(name);
    if (given !== undefined && given.source !== 'file') return given;
  }
  return undefined;
}
