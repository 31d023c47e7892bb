import { matcherOf } from './filter-grammar.ts';
import type { Selection } from './selection.ts';
import { keepSelection, noSelection, select } from './selection.ts';

/** The most rows of a list that are kept: more than anybody scrolls through. The oldest leave. */
export const MAX_LISTED = 2_000;

/** What lists need to know of their rows. */
export interface RowKind<Row> {
  readonly idOf: (row: Row) => string;
  /** All that can be read of a row, for free text. */
  readonly textOf: (row: Row) => string;
  /** The order that they have, the newest first; undefined: as they come, those that a watch tells of first. */
  readonly compare: ((a: Row, b: Row) => number) | undefined;
  /** Whether a cursor on the first row stays on the first row when newer ones come. */
  readonly follows: boolean;
}

/** A list of anything that the server has, as far as it was asked for. */
export interface ListState<Row> {
  readonly kind: RowKind<Row>;
  /** As it was typed; empty: all. */
  readonly filter: string;
  /** Whether the server is asked for it; false: it is free text, and is looked for here. */
  readonly asksServer: boolean;
  readonly rows: ReadonlyMap<string, Row>;
  /** All that are here, the newest first. */
  readonly ids: readonly string[];
  /** Those of them that are shown. */
  readonly shown: readonly string[];
  /** False until the first page has come. */
  readonly loaded: boolean;
  /** What stands against showing it, as a sentence; empty: nothing. */
  readonly problem: string;
  /** For the next page; empty: there is none. */
  readonly more: string;
  /** Older rows have left, because there are too many. */
  readonly cut: boolean;
  readonly selection: Selection;
}

/** What a feed tells of its list, in order. */
export type ListChange<Row> =
  | { readonly kind: 'reset' }
  /** A page of the list; what a watch has told meanwhile counts more. */
  | { readonly kind: 'page'; readonly rows: readonly Row[]; readonly more: string }
  | { readonly kind: 'row'; readonly row: Row }
  | { readonly kind: 'drop'; readonly id: string };

/** A list of which nothing is known. */
export function emptyList<Row>(kind: RowKind<Row>): ListState<Row> {
  return {
    kind,
    filter: '',
    asksServer: false,
    rows: new Map(),
    ids: [],
    shown: [],
    loaded: false,
    problem: '',
    more: '',
    cut: false,
    selection: noSelection,
  };
}

/** The list after some changes; its selection is settled by `keepListed`. */
export function applyListChanges<Row>(list: ListState<Row>, changes: readonly ListChange<Row>[]): ListState<Row> {
  if (changes.length === 0) return list;
  const { kind } = list;
  let rows = new Map(list.rows);
  let ids = [...list.ids];
  let { loaded, more, cut, problem } = list;
  const fresh: string[] = [];
  let [gone, added] = [false, false];
  for (const change of changes) {
    switch (change.kind) {
      case 'reset':
        rows = new Map();
        ids = [];
        fresh.length = 0;
        [loaded, more, cut, problem] = [false, '', false, ''];
        break;
      case 'page':
        for (const row of change.rows) {
          const id = kind.idOf(row);
          if (rows.has(id)) continue;
          rows.set(id, row);
          ids.push(id);
          added = true;
        }
        [loaded, more, problem] = [true, change.more, ''];
        break;
      case 'row': {
        const id = kind.idOf(change.row);
        if (!rows.has(id)) fresh.push(id);
        rows.set(id, change.row);
        break;
      }
      case 'drop':
        gone = rows.delete(change.id) || gone;
        break;
    }
  }
  const newest = fresh.toReversed();
  let all = newest.length === 0 ? ids : [...newest, ...ids];
  if (gone) all = all.filter((id) => rows.has(id));
  // A row that changes stays where it is: sorting is most of the cost, and only new ones call for it.
  if (added || newest.length > 0) all = sorted(all, rows, kind);
  if (all.length > MAX_LISTED) {
    for (const id of all.slice(MAX_LISTED)) rows.delete(id);
    all = all.slice(0, MAX_LISTED);
    [cut, more] = [true, ''];
  }
  return lookThrough({ ...list, rows, ids: all, loaded, more, cut, problem });
}

/** The list with another filter. @param asksServer whether the server looks for it; then nothing of it is known yet */
export function filterList<Row>(list: ListState<Row>, text: string, asksServer: boolean): ListState<Row> {
  const filter = text.trim();
  if (filter === list.filter) return list;
  const next = { ...list, filter, asksServer, problem: '' };
  if (!asksServer && !list.asksServer) return lookThrough(next);
  return applyListChanges(next, [{ kind: 'reset' }]);
}

/** What the server is asked for. */
export function queryOf({ filter, asksServer }: Pick<ListState<unknown>, 'filter' | 'asksServer'>): string {
  return asksServer ? filter : '';
}

/**
 * The list with its selection on what is there: still on its row, or, where the list follows and nobody has moved from the
 * first row, on the first. Until the first page is there nothing can be called missing.
 *
 * @param follows whether the cursor may be taken along to a newer row
 */
export function keepListed<Row>(list: ListState<Row>, height: number, follows: boolean): ListState<Row> {
  const { selection, shown, kind } = list;
  if (!list.loaded && selection.id !== '' && !shown.includes(selection.id)) return list;
  const stays = kind.follows && follows && selection.row === 0;
  const found = stays ? select(selection, shown, 0, height) : keepSelection(selection, shown, height);
  // Who sees the first row sees what comes before it, too, as long as the cursor has room below.
  const kept = selection.top === 0 && found.row < height ? { ...found, top: 0 } : found;
  const same = kept.id === selection.id && kept.row === selection.row && kept.top === selection.top;
  return same ? list : { ...list, selection: kept };
}

/** Whether the cursor is so near the end of what is here that the next page is wanted. */
export function wantsMore(
  { more, selection, shown }: Pick<ListState<unknown>, 'more' | 'selection' | 'shown'>,
  height: number,
): boolean {
  return more !== '' && selection.row >= shown.length - 2 * Math.max(1, height);
}

/** The row under the cursor. */
export function selectedRow<Row>({ rows, selection }: ListState<Row>): Row | undefined {
  return rows.get(selection.id);
}

function sorted<Row>(ids: string[], rows: ReadonlyMap<string, Row>, { compare }: RowKind<Row>): string[] {
  if (compare === undefined) return ids;
  return ids.sort((a, b) => {
    const [one, other] = [rows.get(a), rows.get(b)];
    return one === undefined || other === undefined ? 0 : compare(one, other);
  });
}

/** The list with those rows shown that have every word of its free text. */
function lookThrough<Row>(list: ListState<Row>): ListState<Row> {
  const { filter, asksServer, ids, rows, kind } = list;
  if (filter === '' || asksServer) return { ...list, shown: ids };
  const matches = matcherOf(filter);
  const shown = ids.filter((id) => {
    const row = rows.get(id);
    return row !== undefined && matches(kind.textOf(row).toLowerCase());
  });
  return { ...list, shown };
}
