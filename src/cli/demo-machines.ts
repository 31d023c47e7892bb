import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Client } from '../client/client.ts';
import { ClientError } from '../client/client-error.ts';
import type { MachineSchema } from '../wire/gen/baremetal/v1/machine_pb.ts';
import { mapLimited } from './map-limited.ts';

/** The most demo machines that there can be: their addresses are counted in two bytes. */
export const MAX_DEMO_MACHINES = 10_000;

/** Racks come in pairs, and a pair takes so many machines, by turns. */
const MACHINES_A_PAIR = 40;

/** The models that demo machines are of. */
const MODELS = ['R650', 'R750', 'DL360'];

/** Calls that are under way at the same time. */
const AT_ONCE = 16;

/** What became of one machine of an import. */
export interface ImportResult {
  readonly machineId: string;
  readonly outcome: 'new' | 'changed' | 'unchanged';
}

/**
 * Demo machine `n`, from 1: always the same for the same n. Its addresses are those that RFC 2544 sets aside for
 * benchmarks, and its MAC is locally administered, so that none of them is anybody's.
 */
export function demoMachine(n: number): MessageInitShape<typeof MachineSchema> {
  const high = n >> 8;
  const low = n & 0xff;
  const hex = (byte: number) => byte.toString(16).padStart(2, '0');
  const pair = Math.floor((n - 1) / MACHINES_A_PAIR);
  return {
    machineId: `machine-${n}`,
    spec: {
      provider: 'fake',
      macAddresses: [`02:de:00:00:${hex(high)}:${hex(low)}`],
      serial: `DEMO-${String(n).padStart(5, '0')}`,
      bmcAddress: `198.18.${high}.${low}`,
      bmcCredentialsRef: 'env:BMC_CREDENTIALS',
      sshEndpoint: `198.19.${high}.${low}:22`,
      rack: `r${pair * 2 + ((n - 1) % 2) + 1}`,
      model: MODELS[(n - 1) % MODELS.length] ?? '',
      targetCluster: { clusterId: 'prod-a', kubeconfigSecretRef: 'env:PROD_A_KUBECONFIG' },
    },
  };
}

/** Registers demo machines 1 to `count`; those that are there already become as they are here again. */
export function importDemoMachines(
  client: Client,
  count: number,
  signal?: AbortSignal,
): Promise<readonly ImportResult[]> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return mapLimited(numbers, AT_ONCE, (n) => importOne(client, demoMachine(n), signal));
}

async function importOne(
  client: Client,
  machine: MessageInitShape<typeof MachineSchema>,
  signal: AbortSignal | undefined,
): Promise<ImportResult> {
  const machineId = machine.machineId ?? '';
  const before = await etagOf(client, machineId, signal);
  const after = await client.machines.registerMachine({ machine }, { signal });
  if (before === null) return { machineId, outcome: 'new' };
  return { machineId, outcome: before === after.etag ? 'unchanged' : 'changed' };
}

/** The etag of a machine's spec and labels; null where there is no such machine. */
async function etagOf(client: Client, machineId: string, signal: AbortSignal | undefined): Promise<string | null> {
  try {
    return (await client.machines.getMachine({ machineId }, { signal })).etag;
  } catch (error) {
    if (error instanceof ClientError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
