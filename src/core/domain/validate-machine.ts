import type { MachineDeclaration } from './decide/machine.ts';
import type { Replacement } from './decide/repair.ts';
import type { ReadEndpoint } from './endpoint.ts';
import { readBmcAddress, readSshEndpoint } from './endpoint.ts';
import { LIMITS, labelViolations, machineIdFault, sourceFault, textFault } from './limits.ts';
import { parseMac } from './mac-address.ts';
import type { MachineSpec, TargetCluster } from './machine.ts';
import type { FieldViolation } from './refusal.ts';
import { credentialRefFault, kubeconfigRefFault } from './secret-ref.ts';

/** A spec as a client sends it. */
export interface RawSpec extends Omit<MachineSpec, 'targetCluster'> {
  readonly targetCluster?: TargetCluster | null | undefined;
}

/** A machine as a client sends it; what else is in the message is the server's. */
export interface RawMachine {
  /** Empty or absent: the server makes one. */
  readonly machineId?: string | undefined;
  readonly spec?: RawSpec | null | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly etag: string;
  /** Empty or absent: nothing is said of who owns it. */
  readonly source?: string | undefined;
}

/** The parts of a machine that an RMA replaces, as a client sends them. */
export interface RawReplacement {
  readonly serial: string;
  readonly macAddresses: readonly string[];
  readonly bmcAddress: string;
}

/** Notes what is wrong with a field, where anything is. */
type Note = (field: string, fault: string | null) => void;

const NO_SPEC: RawSpec = {
  provider: '',
  macAddresses: [],
  serial: '',
  sshEndpoint: '',
  bmcAddress: '',
  rack: '',
  bmcCredentialsRef: '',
  model: '',
};

/**
 * Reads what a client declares about a machine, each address in its one spelling; or everything that is wrong with it, at once,
 * by field path. Which providers there are is not known here: any name that is well-formed is good, the empty one too.
 *
 * @param path what the field paths begin with, such as `machine` or `machines[3]`
 */
export function parseMachineDeclaration(
  raw: RawMachine,
  path = 'machine',
): MachineDeclaration | readonly FieldViolation[] {
  const violations: FieldViolation[] = [];
  const note = noteIn(violations, `${path}.`);
  const id = raw.machineId ?? '';
  if (id !== '') note('machine_id', machineIdFault(id));
  note('etag', textFault(raw.etag, LIMITS.etag));
  const spec = parseSpec(raw.spec ?? NO_SPEC, note);
  violations.push(...labelViolations(raw.labels, `${path}.labels`));
  const { labels, etag, source = '' } = raw;
  if (source !== '') note('source', sourceFault(source));
  return violations.length > 0 ? violations : { spec, labels, etag, ...(source === '' ? {} : { source }) };
}

/** Reads the hardware that CompleteRma names, or everything that is wrong with it; what is empty stays empty. */
export function parseReplacement(raw: RawReplacement): Replacement | readonly FieldViolation[] {
  const violations: FieldViolation[] = [];
  const note = noteIn(violations, '');
  const replacement = {
    serial: textIn(note, 'serial', raw.serial, LIMITS.serial),
    macAddresses: parseMacs(raw.macAddresses, 'mac_addresses', note),
    bmcAddress: endpointIn(note, 'bmc_address', readBmcAddress(raw.bmcAddress)),
  };
  return violations.length > 0 ? violations : replacement;
}

function noteIn(violations: FieldViolation[], prefix: string): Note {
  return (field, description) => {
    if (description !== null) violations.push({ field: `${prefix}${field}`, description });
  };
}

function parseSpec(raw: RawSpec, note: Note): MachineSpec {
  note('spec.bmc_credentials_ref', credentialRefFault(raw.bmcCredentialsRef));
  return {
    provider: textIn(note, 'spec.provider', raw.provider, LIMITS.provider),
    macAddresses: parseMacs(raw.macAddresses, 'spec.mac_addresses', note),
    serial: textIn(note, 'spec.serial', raw.serial, LIMITS.serial),
    sshEndpoint: endpointIn(note, 'spec.ssh_endpoint', readSshEndpoint(raw.sshEndpoint)),
    bmcAddress: endpointIn(note, 'spec.bmc_address', readBmcAddress(raw.bmcAddress)),
    rack: textIn(note, 'spec.rack', raw.rack, LIMITS.rack),
    bmcCredentialsRef: raw.bmcCredentialsRef,
    model: textIn(note, 'spec.model', raw.model, LIMITS.model),
    targetCluster: parseCluster(raw.targetCluster ?? null, note),
  };
}

/** A text of one line without the blanks around it. */
function textIn(note: Note, field: string, text: string, max: number): string {
  const trimmed = text.trim();
  note(field, textFault(trimmed, max));
  return trimmed;
}

function endpointIn(note: Note, field: string, endpoint: ReadEndpoint): string {
  if (endpoint.kind === 'read') return endpoint.value;
  note(field, endpoint.description);
  return '';
}

/** Every address once, each as `aa:bb:cc:dd:ee:ff`, in the order sent. */
function parseMacs(sent: readonly string[], field: string, note: Note): readonly string[] {
  if (sent.length > LIMITS.macAddresses) {
    note(field, `has more than ${LIMITS.macAddresses} entries`);
    return [];
  }
  const macs = sent.map(parseMac);
  for (const [index, mac] of macs.entries()) {
    const first = macs.indexOf(mac);
    if (mac === null) note(`${field}[${index}]`, 'is no MAC address such as aa:bb:cc:dd:ee:ff');
    else if (first < index) note(`${field}[${index}]`, `is the same as ${field}[${first}]`);
  }
  return macs.filter((mac) => mac !== null);
}

/** A cluster of which nothing is said is none. */
function parseCluster(raw: TargetCluster | null, note: Note): TargetCluster | null {
  if (raw === null || (raw.clusterId === '' && raw.kubeconfigSecretRef === '')) return null;
  note('spec.target_cluster.cluster_id', clusterIdFault(raw.clusterId));
  note('spec.target_cluster.kubeconfig_secret_ref', kubeconfigRefFault(raw.kubeconfigSecretRef));
  return { clusterId: raw.clusterId, kubeconfigSecretRef: raw.kubeconfigSecretRef };
}

/** What is wrong with the name of a cluster, or null. */
export function clusterIdFault(id: string): string | null {
  if (id === '') return 'is required';
  if (id.length > LIMITS.clusterId) return `is longer than ${LIMITS.clusterId} characters`;
  if (/^[A-Za-z0-9](?:[A-Za-z0-9._:/-]*[A-Za-z0-9])?$/.test(id)) return null;
  return 'may hold letters, digits, ".", "_", ":", "/" and "-" alone, with a letter or a digit at both ends';
}
