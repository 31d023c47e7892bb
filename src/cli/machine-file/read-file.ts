import { readFile, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { usageFailure } from '../failure.ts';
import type { ColumnField } from './read-csv.ts';
import { isColumnField, readCsv } from './read-csv.ts';
import { readDocument } from './read-document.ts';
import type { MachineFile } from './row.ts';
import { MAX_ROWS } from './row.ts';

/** The largest file of machines, in bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/** How a file of machines is to be read. */
export interface FileOrder {
  /** A path, or `-` for what is piped in. */
  readonly file: string;
  /** Null: as the name ends, or as the text looks where it has no name. */
  readonly format: 'csv' | 'yaml' | 'json' | null;
  /** `COLUMN=FIELD` words. */
  readonly map: readonly string[];
}

/**
 * Reads a file of machines.
 *
 * @throws CommandFailure where there is no such file, or it is too large or of no known kind
 */
export async function readMachineFile({ file, format, map }: FileOrder, input: Readable): Promise<MachineFile> {
  const columns = readMap(map);
  const text = file === '-' ? await readInput(input) : await readPath(file);
  const kind = format ?? (file === '-' ? looksOf(text) : endingOf(file));
  if (kind !== 'csv' && columns.size > 0) throw usageFailure('--map is about the columns of a CSV file');
  const read = kind === 'csv' ? readCsv(text, columns) : readDocument(text);
  if (read.rows.length > MAX_ROWS) throw usageFailure(`${file} has more than ${MAX_ROWS} machines; split it`);
  return read;
}

async function readPath(file: string): Promise<string> {
  try {
    if ((await stat(file)).size > MAX_BYTES) throw tooLarge(file);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    if (error.code === 'ENOENT') throw usageFailure(`there is no file "${file}"; a number imports demo machines`);
    throw usageFailure(`${file} cannot be read (${String(error.code)})`);
  }
}

async function readInput(input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > MAX_BYTES) throw tooLarge('what is piped in');
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(what: string): Error {
  return usageFailure(`${what} is larger than ${MAX_BYTES / 1024 / 1024} MiB; split it`);
}

function endingOf(file: string): 'csv' | 'document' {
  const ending = /\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase() ?? '';
  if (ending === 'csv' || ending === 'tsv') return 'csv';
  if (ending === 'yaml' || ending === 'yml' || ending === 'json') return 'document';
  throw usageFailure(`"${file}" does not end in .yaml, .json or .csv; --format says what it is`);
}

/** A table begins with names that something separates; a document with a bracket, a comment, or a name and a colon. */
function looksOf(text: string): 'csv' | 'document' {
  const first = /^\ufeff?\s*([^\r\n]*)/.exec(text)?.[1] ?? '';
  return /^[[{#-]|:(?: |$)/.test(first) ? 'document' : 'csv';
}

function readMap(words: readonly string[]): ReadonlyMap<string, ColumnField> {
  const map = new Map<string, ColumnField>();
  for (const word of words) {
    const at = word.lastIndexOf('=');
    const [column, field] = [word.slice(0, at).trim(), word.slice(at + 1).trim()];
    if (at < 1) throw usageFailure(`--map must be COLUMN=FIELD, and is "${word}"`);
    if (!isColumnField(field)) throw usageFailure(`--map ${word}: there is no field "${field}"`);
    if (map.has(column)) throw usageFailure(`--map ${column} is given twice`);
    map.set(column, field);
  }
  return map;
}
