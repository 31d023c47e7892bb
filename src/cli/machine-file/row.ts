import type { RawMachine, RawSpec } from '../../core/domain/validate-machine.ts';
import { parseMachineDeclaration } from '../../core/domain/validate-machine.ts';

/** Where something stands in a file. */
export interface Place {
  /** From 1. */
  readonly line: number;
  /** The column's number in a document, from 1, or its name in a table; empty where the whole line is meant. */
  readonly column: string;
}

/** A mistake in a file, and where it stands. */
export interface Mistake extends Place {
  readonly message: string;
}

/** One machine of a file. */
export interface Row {
  readonly place: Place;
  readonly machine: RawMachine & { readonly machineId: string; readonly spec: RawSpec };
  /** Everything that is wrong with it, as far as the file alone tells; empty where it is good. */
  readonly mistakes: readonly Mistake[];
  /** The place of a field, such as `spec.serial`; the machine's own where it has none. */
  readonly placeOf: (field: string) => Place;
}

/** What a file of machines holds. */
export interface MachineFile {
  readonly rows: readonly Row[];
  /** What is wrong with the file as a whole, or with parts that cannot be read as a machine. */
  readonly mistakes: readonly Mistake[];
}

/** The fields of a machine that hold one text, as files name them, and where the contract has them. */
export const TEXT_FIELDS = {
  machine_id: 'machine_id',
  provider: 'spec.provider',
  serial: 'spec.serial',
  ssh_endpoint: 'spec.ssh_endpoint',
  bmc_address: 'spec.bmc_address',
  rack: 'spec.rack',
  bmc_credentials_ref: 'spec.bmc_credentials_ref',
  model: 'spec.model',
  cluster_id: 'spec.target_cluster.cluster_id',
  kubeconfig_secret_ref: 'spec.target_cluster.kubeconfig_secret_ref',
} as const;

/** A field that holds one text. */
export type TextField = keyof typeof TEXT_FIELDS;

/** The most machines that one file may hold: as many as one call takes. */
export const MAX_ROWS = 10_000;

/** Gathers what a file says of one machine. */
export class RowBuilder {
  readonly #place: Place;
  readonly #places = new Map<string, Place>();
  readonly #texts = new Map<TextField, string>();
  readonly #labels: Record<string, string> = {};
  readonly #mistakes: Mistake[] = [];
  #macs: readonly string[] = [];

  constructor(place: Place) {
    this.#place = place;
  }

  text(field: TextField, value: string, place: Place): void {
    this.#texts.set(field, value);
    this.#places.set(TEXT_FIELDS[field], place);
  }

  macs(values: readonly string[], place: Place): void {
    this.#macs = values;
    this.#places.set('spec.mac_addresses', place);
  }

  label(key: string, value: string, place: Place): void {
    this.#labels[key] = value;
    this.#places.set(`labels.${key}`, place);
  }

  mistake(message: string, place: Place = this.#place): void {
    this.#mistakes.push({ ...place, message });
  }

  /** The machine, with everything that is wrong with it. */
  row(): Row {
    const text = (field: TextField) => this.#texts.get(field) ?? '';
    const machineId = text('machine_id').trim();
    const machine = {
      machineId,
      spec: {
        provider: text('provider'),
        macAddresses: this.#macs,
        serial: text('serial'),
        sshEndpoint: text('ssh_endpoint'),
        bmcAddress: text('bmc_address'),
        rack: text('rack'),
        bmcCredentialsRef: text('bmc_credentials_ref'),
        model: text('model'),
        targetCluster: { clusterId: text('cluster_id'), kubeconfigSecretRef: text('kubeconfig_secret_ref') },
      },
      labels: this.#labels,
      etag: '',
    };
    const placeOf = (field: string) =>
      this.#places.get(field) ?? this.#places.get(field.replace(/\[\d+\]$/, '')) ?? this.#place;
    // Without an id the server would make another machine each time that the file is imported.
    if (machineId === '') this.mistake('machine_id is required', placeOf('machine_id'));
    const declared = parseMachineDeclaration(machine);
    for (const { field, description } of 'spec' in declared ? [] : declared) {
      const path = field.replace(/^machine\./, '');
      this.mistake(`${fieldName(path)} ${description}`, placeOf(path));
    }
    return { place: this.#place, machine, mistakes: this.#mistakes, placeOf };
  }
}

/** What cannot be read as a machine at all: it keeps itself out, and none of the others. */
export function unreadableRow(place: Place, message: string): Row {
  const { machine } = new RowBuilder(place).row();
  return { place, machine, mistakes: [{ ...place, message }], placeOf: () => place };
}

/** A field of the contract as files name it: `spec.mac_addresses[1]` is `mac_addresses[1]`. */
export function fieldName(path: string): string {
  return path.replace(/^spec\.(?:target_cluster\.)?/, '');
}
