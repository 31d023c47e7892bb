import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { cellWidth } from '../../tui/format/cells.ts';
import { printable } from '../../tui/format/printable.ts';
import type { Context } from '../context.ts';
import { documentText, jsonOf } from './document.ts';
import type { Column } from './table.ts';
import { tableLines } from './table.ts';

/** A list of messages, and how each form shows it. */
export interface Listing<Desc extends DescMessage> {
  readonly schema: Desc;
  /** The field that holds them in the document: `machines`. */
  readonly field: string;
  readonly rows: readonly MessageShape<Desc>[];
  /** What `-o name` writes. */
  readonly name: (row: MessageShape<Desc>) => string;
  readonly columns: readonly Column<MessageShape<Desc>>[];
  /** What people are told on stderr where there is none. */
  readonly none: string;
}

/** Writes a list in the form that was asked for. */
export async function printList<Desc extends DescMessage>(context: Context, listing: Listing<Desc>): Promise<void> {
  const { io, form, paint } = context;
  const { schema, rows, field } = listing;
  if (form === 'table') {
    if (rows.length === 0) return context.note(listing.none);
    for (const line of tableLines(listing.columns, rows, io.out.columns(), paint)) await io.out.line(line);
    return;
  }
  if (form === 'name') {
    for (const row of rows) await io.out.line(listing.name(row));
    return;
  }
  await io.out.write(documentText({ [field]: rows.map((row) => jsonOf(schema, row)) }, form));
}

/** Writes one message in the form that was asked for; `table` is the form for people, line by line. */
export async function printOne<Desc extends DescMessage>(
  context: Context,
  schema: Desc,
  message: MessageShape<Desc>,
  { name, table }: { readonly name: string; readonly table: () => readonly string[] },
): Promise<void> {
  const { io, form } = context;
  if (form === 'table') for (const line of table()) await io.out.line(line);
  else if (form === 'name') await io.out.line(name);
  else await io.out.write(documentText(jsonOf(schema, message), form));
}

/** `name  value` lines, the values one below the other; pairs without a value are left out. */
export function pairLines(context: Context, pairs: readonly (readonly [string, string])[]): string[] {
  const there = pairs.filter(([, value]) => value !== '');
  const width = Math.max(0, ...there.map(([name]) => cellWidth(name)));
  return there.map(([name, value]) => `${context.paint('muted', name.padEnd(width))}  ${value}`);
}

/** A heading and the lines below it, set off by an empty line; nothing where there are none. */
function section(context: Context, heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', context.paint('strong', heading), ...lines.map((line) => `  ${line}`)];
}

/** The rows of a table as lines of a section. */
export function sectionTable<Row>(
  context: Context,
  heading: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): string[] {
  if (rows.length === 0) return [];
  return section(context, heading, tableLines(columns, rows, context.io.out.columns() - 2, context.paint));
}

/** `a=1, b=2` in the order of the keys. */
export function mapText(map: Readonly<Record<string, string>>): string {
  const entries = Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return printable(entries.map(([key, value]) => `${key}=${value}`).join(', '));
}
