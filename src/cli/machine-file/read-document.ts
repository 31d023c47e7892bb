import type { Node, ParsedNode } from 'yaml';
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { didYouMean } from '../../client/suggest.ts';
import type { MachineFile, Mistake, Place, Row, TextField } from './row.ts';
import { MAX_ROWS, RowBuilder, unreadableRow } from './row.ts';

/** Fields that are the server's: what `list -o yaml` writes can be read as it is. */
const OUTPUT_FIELDS = new Set(['status', 'etag', 'created_at', 'updated_at', 'source']);

/** The fields of a spec that hold one text, as the contract names them. */
const SPEC_TEXTS: ReadonlySet<string> = new Set<TextField>([
  'provider',
  'serial',
  'ssh_endpoint',
  'bmc_address',
  'rack',
  'bmc_credentials_ref',
  'model',
]);
const CLUSTER_TEXTS: ReadonlySet<string> = new Set<TextField>(['cluster_id', 'kubeconfig_secret_ref']);

type Value = Node | null | undefined;

/**
 * Reads a YAML or JSON document: a list of machines as proto3 JSON, alone or under `machines`. Every value is taken as the text
 * that it is written as, so that a serial of digits stays one; fields may also be written as the contract does (`mac_addresses`).
 */
export function readDocument(text: string): MachineFile {
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\ufeff/, ''), {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'failsafe',
  });
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: String(Math.max(1, col)) };
  };
  const mistakes: Mistake[] = document.errors.map(({ pos: [offset], message }) => ({ ...placeOf(offset), message }));
  const reader = new Reader(placeOf, mistakes);
  return { rows: reader.machines(document.contents), mistakes };
}

class Reader {
  readonly #placeOf: (offset: number) => Place;
  readonly #mistakes: Mistake[];

  constructor(placeOf: (offset: number) => Place, mistakes: Mistake[]) {
    this.#placeOf = placeOf;
    this.#mistakes = mistakes;
  }

  machines(contents: Value): readonly Row[] {
    let list = contents;
    if (isMap(contents)) {
      list = null;
      for (const { key, value } of contents.items) {
        if (textOf(key as Value) === 'machines') list = value as Value;
        else this.#note(key as Value, `"${textOf(key as Value) ?? ''}" is not known; a file has a list of "machines"`);
      }
    }
    if (isSeq(list)) return list.items.slice(0, MAX_ROWS + 1).map((item) => this.#machine(item as Value));
    if (this.#mistakes.length === 0) this.#note(list ?? contents, 'there is no list of machines');
    return [];
  }

  #machine(item: Value): Row {
    const place = this.#place(item);
    if (!isMap(item)) return unreadableRow(place, 'must be a map of fields');
    const builder = new RowBuilder(place);
    this.#each(builder, item, 'a machine', (name, key, value) => {
      if (name === 'machine_id') this.#text(builder, 'machine_id', value);
      else if (name === 'spec') this.#spec(builder, value);
      else if (name === 'labels') this.#labels(builder, value);
      else if (!OUTPUT_FIELDS.has(name)) {
        const home = homeOf(name);
        const told = unknown(key, 'a machine', home === null ? ['machine_id', 'spec', 'labels'] : []);
        builder.mistake(home === null ? told : `${told}; it belongs in ${home}`, this.#place(key));
      }
    });
    return builder.row();
  }

  #spec(builder: RowBuilder, spec: Value): void {
    this.#each(builder, spec, 'spec', (name, key, value) => {
      if (SPEC_TEXTS.has(name)) this.#text(builder, name as TextField, value);
      else if (name === 'mac_addresses') this.#macs(builder, value);
      else if (name === 'target_cluster') {
        this.#each(builder, value, 'target_cluster', (inner, innerKey, innerValue) => {
          if (CLUSTER_TEXTS.has(inner)) this.#text(builder, inner as TextField, innerValue);
          else builder.mistake(unknown(innerKey, 'target_cluster', [...CLUSTER_TEXTS]), this.#place(innerKey));
        });
      } else {
        const known = [...SPEC_TEXTS, 'mac_addresses', 'target_cluster'];
        builder.mistake(unknown(key, 'spec', known), this.#place(key));
      }
    });
  }

  #macs(builder: RowBuilder, value: Value): void {
    if (isNothing(value)) return;
    if (!isSeq(value)) {
      builder.mistake('mac_addresses must be a list', this.#place(value));
      return;
    }
    const texts = value.items.map((item) => textOf(item as Value));
    if (texts.some((text) => text === null))
      builder.mistake('mac_addresses must be a list of texts', this.#place(value));
    builder.macs(
      texts.filter((text) => text !== null),
      this.#place(value),
    );
  }

  #labels(builder: RowBuilder, labels: Value): void {
    this.#each(builder, labels, 'labels', (_, key, value) => {
      const text = textOf(value);
      const name = textOf(key) ?? '';
      if (text === null) builder.mistake(`labels.${name} must be a text`, this.#place(value ?? key));
      else builder.label(name, text, this.#place(value ?? key));
    });
  }

  #text(builder: RowBuilder, field: TextField, value: Value): void {
    if (isNothing(value)) return;
    const text = textOf(value);
    if (text === null) builder.mistake(`${field} must be a text`, this.#place(value));
    else builder.text(field, text, this.#place(value));
  }

  /** The fields of a map, by their names in the contract; nothing there is an empty one. */
  #each(builder: RowBuilder, map: Value, what: string, field: (name: string, key: Value, value: Value) => void): void {
    if (isNothing(map)) return;
    if (!isMap(map)) {
      builder.mistake(`${what} must be a map of fields`, this.#place(map));
      return;
    }
    for (const { key, value } of map.items) field(snake(textOf(key as Value) ?? ''), key as Value, value as Value);
  }

  #note(node: Value, message: string): void {
    this.#mistakes.push({ ...this.#place(node), message });
  }

  #place(node: Value): Place {
    return this.#placeOf((node as ParsedNode | null | undefined)?.range?.[0] ?? 0);
  }
}

/** Where a field belongs that stands beside `spec`; null where it belongs nowhere. A CSV has all of them side by side. */
function homeOf(name: string): string | null {
  if (CLUSTER_TEXTS.has(name)) return 'spec.target_cluster';
  return SPEC_TEXTS.has(name) || name === 'mac_addresses' || name === 'target_cluster' ? 'spec' : null;
}

/** `macAddresses` and `mac_addresses` are one field. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The text of a scalar, as it is written; null for what is none. */
function textOf(node: Value): string | null {
  return isScalar(node) && typeof node.value === 'string' ? node.value : null;
}

/** Nothing, or what YAML and JSON write for it. */
function isNothing(node: Value): boolean {
  if (node === null || node === undefined) return true;
  return isScalar(node) && node.type === 'PLAIN' && ['', '~', 'null'].includes(String(node.value));
}

function unknown(key: Value, where: string, known: readonly string[]): string {
  const name = textOf(key) ?? '';
  return `"${name}" is no field of ${where}${didYouMean(snake(name), known)}`;
}
