import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';

type Value = (machine: Machine) => string;

const FIELDS: readonly (readonly [string, Value])[] = [
  ['machine_id', ({ machineId }) => machineId],
  ['provider', ({ spec }) => spec?.provider ?? ''],
  ['mac_addresses', ({ spec }) => (spec?.macAddresses ?? []).join(' ')],
  ['serial', ({ spec }) => spec?.serial ?? ''],
  ['ssh_endpoint', ({ spec }) => spec?.sshEndpoint ?? ''],
  ['bmc_address', ({ spec }) => spec?.bmcAddress ?? ''],
  ['rack', ({ spec }) => spec?.rack ?? ''],
  ['bmc_credentials_ref', ({ spec }) => spec?.bmcCredentialsRef ?? ''],
  ['model', ({ spec }) => spec?.model ?? ''],
  ['cluster_id', ({ spec }) => spec?.targetCluster?.clusterId ?? ''],
  ['kubeconfig_secret_ref', ({ spec }) => spec?.targetCluster?.kubeconfigSecretRef ?? ''],
];

/**
 * The lines of a table that `readCsv` reads back as it was: a column a field, and one for each label that any machine has. A label
 * that is empty is an empty cell in quotes; one that is not there an empty cell without.
 */
export function* csvLines(machines: readonly Machine[]): Generator<string> {
  const labels = [...new Set(machines.flatMap((machine) => Object.keys(machine.labels)))].sort();
  const header = [...FIELDS.map(([name]) => name), ...labels.map((key) => `labels.${key}`)];
  yield header.map(cell).join(',');
  for (const machine of machines) {
    const fields = FIELDS.map(([, value]) => cell(value(machine)));
    const own = labels.map((key) => {
      const value = Object.hasOwn(machine.labels, key) ? machine.labels[key] : undefined;
      return value === '' ? '""' : cell(value ?? '');
    });
    yield [...fields, ...own].join(',');
  }
}

/** @see RFC 4180 */
function cell(text: string): string {
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
