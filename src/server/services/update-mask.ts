import type { Machine, MachineSpec, TargetCluster } from '../../core/domain/machine.ts';
import type { SentMachine } from '../../wire/convert/machine.ts';

/** The fields of a spec as a mask names them. */
const SPEC_FIELDS: Readonly<Record<string, keyof MachineSpec>> = {
  provider: 'provider',
  mac_addresses: 'macAddresses',
  serial: 'serial',
  ssh_endpoint: 'sshEndpoint',
  bmc_address: 'bmcAddress',
  rack: 'rack',
  bmc_credentials_ref: 'bmcCredentialsRef',
  model: 'model',
  target_cluster: 'targetCluster',
};

const CLUSTER_FIELDS: Readonly<Record<string, keyof TargetCluster>> = {
  cluster_id: 'clusterId',
  kubeconfig_secret_ref: 'kubeconfigSecretRef',
};

/** What a client sends back as it came; a mask may name it, and nothing comes of it. */
const OUTPUT_FIELDS: ReadonlySet<string> = new Set(['machine_id', 'etag', 'created_at', 'updated_at', 'status']);

/** A spec of nothing: what an update to a spec that was not sent means. */
const EMPTY_SPEC: MachineSpec = {
  provider: '',
  macAddresses: [],
  serial: '',
  sshEndpoint: '',
  bmcAddress: '',
  rack: '',
  bmcCredentialsRef: '',
  model: '',
  targetCluster: null,
};

/** Spec and labels of a machine after an update, and who owns it, where that is said. */
interface Declared {
  readonly spec: MachineSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly source?: string;
}

/** One path of a mask: what it does to spec and labels. */
type Change = (before: Declared, sent: Declared & { readonly source: string }) => Declared;

/** What a mask does, or the paths of it that name nothing. */
export type Mask =
  | { readonly kind: 'mask'; readonly apply: (machine: Machine, sent: SentMachine) => Declared }
  | { readonly kind: 'unknown'; readonly paths: readonly string[] };

/** Reads the paths of an update mask; none: spec and labels, each replaced whole if present. */
export function readMask(paths: readonly string[]): Mask {
  if (paths.length === 0) return { kind: 'mask', apply: withoutMask };
  const changes = paths.map((path) => ({ path, change: changeOf(path) }));
  const unknown = changes.filter(({ change }) => change === null).map(({ path }) => path);
  if (unknown.length > 0) return { kind: 'unknown', paths: unknown };
  return {
    kind: 'mask',
    apply: (machine, { spec, labels, source }) =>
      changes.reduce<Declared>(
        (before, { change }) => change?.(before, { spec: spec ?? EMPTY_SPEC, labels, source }) ?? before,
        { spec: machine.spec, labels: machine.labels },
      ),
  };
}

function withoutMask(machine: Machine, sent: SentMachine): Declared {
  const hasLabels = Object.keys(sent.labels).length > 0;
  return { spec: sent.spec ?? machine.spec, labels: hasLabels ? sent.labels : machine.labels };
}

function changeOf(path: string): Change | null {
  if (path === '*') return (_, { spec, labels }) => ({ spec, labels });
  if (path === 'source') return (before, { source }) => ({ ...before, source });
  if (path === 'spec') return (before, { spec }) => ({ ...before, spec });
  if (path === 'labels') return (before, { labels }) => ({ ...before, labels });
  // The key is all that follows: keys may hold dots.
  if (path.startsWith('labels.')) return changeLabel(path.slice('labels.'.length));
  const [first = '', second = '', third] = path.split('.');
  if (first !== 'spec') return OUTPUT_FIELDS.has(first) ? (before) => before : null;
  const field = own(SPEC_FIELDS, second);
  if (field === undefined) return null;
  if (third === undefined) {
    return (before, { spec }) => ({ ...before, spec: { ...before.spec, [field]: spec[field] } });
  }
  const part = field === 'targetCluster' && path.split('.').length === 3 ? own(CLUSTER_FIELDS, third) : undefined;
  return part === undefined ? null : changeCluster(part);
}

function changeLabel(key: string): Change | null {
  if (key === '') return null;
  return ({ labels, ...before }, sent) => {
    const { [key]: _, ...others } = labels;
    const value = own(sent.labels, key);
    return { ...before, labels: value === undefined ? others : { ...others, [key]: value } };
  };
}

function changeCluster(part: keyof TargetCluster): Change {
  return ({ spec, ...others }, sent) => {
    const before = spec.targetCluster ?? { clusterId: '', kubeconfigSecretRef: '' };
    const cluster = { ...before, [part]: sent.spec.targetCluster?.[part] ?? '' };
    const empty = cluster.clusterId === '' && cluster.kubeconfigSecretRef === '';
    return { ...others, spec: { ...spec, targetCluster: empty ? null : cluster } };
  };
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
