import { CsvError, parse } from 'csv-parse/sync';
import { didYouMean } from '../../client/suggest.ts';
import type { MachineFile, Mistake, Row, TextField } from './row.ts';
import { MAX_ROWS, RowBuilder, TEXT_FIELDS, unreadableRow } from './row.ts';

/** What a column of a table is about: a field, a label (`labels.KEY`), or nothing that is read. */
export type ColumnField = TextField | 'mac_addresses' | `labels.${string}` | '';

/** Names that headers have in other people's tables, written as `normal` does. */
const OTHER_NAMES: Readonly<Record<string, ColumnField>> = {
  id: 'machine_id',
  name: 'machine_id',
  host: 'machine_id',
  hostname: 'machine_id',
  machine: 'machine_id',
  mac: 'mac_addresses',
  macs: 'mac_addresses',
  mac_address: 'mac_addresses',
  serial_number: 'serial',
  ssh: 'ssh_endpoint',
  ssh_address: 'ssh_endpoint',
  bmc: 'bmc_address',
  bmc_ip: 'bmc_address',
  ipmi: 'bmc_address',
  ipmi_address: 'bmc_address',
  bmc_credentials: 'bmc_credentials_ref',
  cluster: 'cluster_id',
  target_cluster: 'cluster_id',
  kubeconfig: 'kubeconfig_secret_ref',
};

const DELIMITERS = [',', ';', '\t'];

interface Cell {
  readonly text: string;
  /** An empty cell in quotes is an empty value; one without is none. */
  readonly quoted: boolean;
}

/** A line of the table, or why it cannot be read. */
type Line =
  | { readonly line: number; readonly cells: readonly Cell[] }
  | { readonly line: number; readonly fault: string };

/** As the parser gives it. */
interface CsvRecord {
  readonly record: readonly Cell[];
  readonly info: { readonly lines: number };
}

/** True for a name that a column may be mapped to. */
export function isColumnField(name: string): name is ColumnField {
  return name === '' || name === 'mac_addresses' || /^labels\../.test(name) || Object.hasOwn(TEXT_FIELDS, name);
}

/**
 * Reads a table: a header, and a machine a line. Columns are separated by commas, semicolons or tabs, as the header is; several
 * MAC addresses in one cell by blanks, commas or semicolons.
 *
 * @param map what columns are about whose names say something else
 */
export function readCsv(text: string, map: ReadonlyMap<string, ColumnField>): MachineFile {
  const mistakes: Mistake[] = [];
  const [header, ...rest] = linesOf(text);
  if (header === undefined) return { rows: [], mistakes: [{ line: 1, column: '', message: 'there is no header' }] };
  if ('fault' in header) return { rows: [], mistakes: [{ line: header.line, column: '', message: header.fault }] };
  const columns = readHeader(header, map, mistakes);
  return { rows: rest.slice(0, MAX_ROWS + 1).map((line) => readLine(line, columns)), mistakes };
}

/** The lines that are not empty. */
function linesOf(text: string): readonly Line[] {
  const options = {
    bom: true,
    cast: (value: string, { quoting }: { readonly quoting: boolean }): Cell => ({ text: value, quoted: quoting }),
    delimiter: delimiterOf(text),
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
  };
  // The types of the parser know of cells of text alone.
  const read = (some: string) => parse(some, options as object) as unknown as readonly CsvRecord[];
  try {
    return read(text).map(({ record, info }) => ({ line: info.lines, cells: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
  }
  // A quote out of place would take the lines behind it along: then a line is a machine, whatever is in quotes.
  return text.split(/\r\n|\r|\n/).flatMap((one, at): Line[] => {
    const line = at + 1;
    try {
      return read(one).map(({ record }) => ({ line, cells: record }));
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      return [{ line, fault: `cannot be read: ${error.message.replace(/ at line \d+/, '')}` }];
    }
  });
}

/** What separates most of the header. */
function delimiterOf(text: string): string {
  const header = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  const [most = ','] = DELIMITERS.toSorted((a, b) => header.split(b).length - header.split(a).length);
  return most;
}

interface Column {
  readonly name: string;
  readonly field: ColumnField;
}

function readHeader(
  { line, cells }: Exclude<Line, { readonly fault: string }>,
  map: ReadonlyMap<string, ColumnField>,
  mistakes: Mistake[],
): readonly Column[] {
  const columns: Column[] = [];
  const note = (column: string, message: string) => mistakes.push({ line, column, message });
  for (const { text } of cells) {
    const name = text.trim();
    const field = map.get(name) ?? fieldOf(name);
    if (field === null) {
      const known = [...Object.keys(TEXT_FIELDS), 'mac_addresses', 'labels.KEY'];
      note(
        name,
        `is no column that is known${didYouMean(name, known)}; --map '${name}=FIELD' says what it is, '${name}=' that it is nothing`,
      );
    } else if (field !== '' && columns.some((other) => other.field === field)) {
      note(name, `is ${field}, as a column before it is`);
    }
    columns.push({ name, field: field ?? '' });
  }
  for (const name of map.keys()) {
    if (!columns.some((column) => column.name === name)) note('', `there is no column "${name}", which --map names`);
  }
  if (!columns.some(({ field }) => field === 'machine_id')) note('', 'there is no column machine_id');
  return columns;
}

function fieldOf(name: string): ColumnField | null {
  if (name.startsWith('labels.') && isColumnField(name)) return name;
  const known = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
  if (known === '') return null;
  return isColumnField(known) ? known : (OTHER_NAMES[known] ?? null);
}

function readLine(read: Line, columns: readonly Column[]): Row {
  const { line } = read;
  if ('fault' in read) return unreadableRow({ line, column: '' }, read.fault);
  const { cells } = read;
  const builder = new RowBuilder({ line, column: '' });
  if (cells.length !== columns.length) {
    builder.mistake(`has ${cells.length} cells, and the header ${columns.length}`);
  }
  for (const [at, { name, field }] of columns.entries()) {
    const { text, quoted } = cells[at] ?? { text: '', quoted: false };
    const place = { line, column: name };
    if (field === '' || (text === '' && !quoted)) continue;
    if (field === 'mac_addresses')
      builder.macs(
        text.split(/[\s,;]+/).filter((mac) => mac !== ''),
        place,
      );
    else if (isTextField(field)) builder.text(field, text, place);
    else builder.label(field.slice('labels.'.length), text, place);
  }
  return builder.row();
}

function isTextField(field: ColumnField): field is TextField {
  return Object.hasOwn(TEXT_FIELDS, field);
}
