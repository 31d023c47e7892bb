import { createHash } from 'node:crypto';
import type { Machine } from '../../../core/domain/machine.ts';
import { diceFor } from './dice.ts';

/** Where boot files, images and scripts come from; nothing is ever asked of it. */
export const DEPOT = 'depot.dc1.example';

/** The address of a machine as its log lines show it: that of its SSH endpoint, or one made up from its id. */
export function addressOf(machine: Machine): string {
  const host = machine.spec.sshEndpoint.replace(/^.*@/, '').replace(/:\d+$/, '');
  if (host !== '') return host;
  const dice = diceFor(0, 'address', machine.id);
  return `10.20.${dice.int(0, 255)}.${dice.int(10, 250)}`;
}

/** The MAC address that the machine boots with: its first, or one made up from its id in the range for local use. */
export function macOf(machine: Machine): string {
  const told = machine.spec.macAddresses[0];
  if (told !== undefined && told !== '') return told.toLowerCase().replaceAll('-', ':');
  return `02:${diceFor(0, 'mac', machine.id).hex(10).match(/../g)?.join(':') ?? ''}`;
}

/** The machine's BMC as its log lines show it. */
export function bmcOf(machine: Machine): string {
  const host = machine.spec.bmcAddress.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/\/.*$/, '');
  return host === '' ? `bmc-${machine.id}.dc1.example` : host;
}

/** The digest of something that is known by name, such as a layer of an image: the same everywhere. */
export function digestOf(...name: readonly (string | number)[]): string {
  return `sha256:${createHash('sha256').update(name.join('\n')).digest('hex')}`;
}
