import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { printable } from '../format/printable.ts';
import { millis } from '../format/time.ts';
import { machinePhaseWord } from '../format/words.ts';
import { needsAttention } from './condition.ts';
import { isServerFilter, matcherOf } from './filter-grammar.ts';
import type { MachinesState } from './machines.ts';
import { PersistentMap } from './persistent-map.ts';
import { compareNatural, reordered } from './sorted-ids.ts';

/** What the machine table can be sorted by: its columns, in their order. */
export const SORT_COLUMNS = ['machine', 'phase', 'doing', 'rack', 'cluster', 'age', 'note'] as const;

/** A column that the table can be sorted by. */
export type SortColumn = (typeof SORT_COLUMNS)[number];

/** Which machines the table shows, and in which order. */
export interface ViewState {
  /** As it was typed; empty: all machines. */
  readonly filter: string;
  /** The machines that match, as the server tells of them; undefined: the filter is free text, and is looked for here. */
  readonly matching: PersistentMap<true> | undefined;
  /** Whether the server has yet to say which machines match, or all of them. */
  readonly asking: boolean;
  /** What the server says against the filter; empty: nothing. */
  readonly problem: string;
  readonly sort: SortColumn;
  readonly descending: boolean;
  readonly ids: readonly string[];
}

/** What the watch of a filter tells, in order. */
export type MatchChange =
  | { readonly kind: 'reset' }
  /** All that match have been told of. */
  | { readonly kind: 'whole' }
  | { readonly kind: 'in'; readonly machineId: string }
  | { readonly kind: 'out'; readonly machineId: string };

/** All machines, by id. */
export const allMachines: ViewState = {
  filter: '',
  matching: undefined,
  asking: false,
  problem: '',
  sort: 'machine',
  descending: false,
  ids: [],
};

/** The view with another filter. */
export function withFilter(view: ViewState, filter: string): ViewState {
  const text = filter.trim();
  if (text === view.filter) return view;
  const asking = isServerFilter('machines', text);
  return { ...view, filter: text, matching: asking ? PersistentMap.empty() : undefined, asking, problem: '' };
}

/** The view sorted by a column; by the same one again, the other way round. */
export function withSort(view: ViewState, sort: SortColumn): ViewState {
  return { ...view, sort, descending: view.sort === sort && !view.descending };
}

/** The view after the watch of its filter has told something. */
export function applyMatches(view: ViewState, changes: readonly MatchChange[]): ViewState {
  if (changes.length === 0 || view.matching === undefined) return view;
  const reset = changes.findLastIndex(({ kind }) => kind === 'reset');
  const before = reset < 0 ? view.matching : PersistentMap.empty<true>();
  const told = changes.slice(reset + 1);
  const matching = before.with(told.flatMap(toldOf));
  const asking = (reset >= 0 || view.asking) && told.every(({ kind }) => kind !== 'whole');
  return { ...view, matching, asking };
}

function toldOf(change: MatchChange): [string, true | undefined][] {
  return change.kind === 'in' || change.kind === 'out' ? [[change.machineId, change.kind === 'in' || undefined]] : [];
}

/** The view of an inventory: the machines that match, sorted. */
export function lookAt(view: ViewState, machines: MachinesState): ViewState {
  const shows = showsOf(view);
  const { byId } = machines;
  const matching = isWhole(view) ? machines.ids : machines.ids.filter((id) => shows({ id, machine: byId.get(id) }));
  const ids = sorted(view, matching, machines);
  return ids === view.ids ? view : { ...view, ids };
}

/** What a view was made of. */
export interface Seen {
  readonly view: ViewState;
  readonly machines: MachinesState;
}

/** Of more changes than these, and a part of all machines, it is quicker to look at all of them anew. */
const FEW = 16;
const FEW_OF = 64;

/**
 * The view of an inventory after either has changed, but neither filter nor order: what `lookAt` makes of it, out of what was
 * seen before. It costs what has changed, and 10,000 machines take 2 ms to be looked at.
 *
 * @param before what the view was made of, by `lookAt` or by this
 */
export function lookAgain(view: ViewState, before: Seen, machines: MachinesState): ViewState {
  if (isWhole(view)) return lookAt(view, machines);
  const { ids, matching } = view;
  const changed = new Set(machines.byId.changedSince(before.machines.byId));
  if (matching !== undefined && before.view.matching !== undefined) {
    for (const id of matching.changedSince(before.view.matching)) changed.add(id);
  }
  if (changed.size > FEW + ids.length / FEW_OF) return lookAt(view, machines);
  const [showed, shows] = [showsOf(before.view), showsOf(view)];
  const compare = compareOf(view);
  const gone: Listed[] = [];
  const come: Listed[] = [];
  for (const id of changed) {
    const was = { id, machine: before.machines.byId.get(id) };
    const is = { id, machine: machines.byId.get(id) };
    const [showedIt, showsIt] = [showed(was), shows(is)];
    // Most changes are of what nothing is sorted by.
    if (showedIt && showsIt && compare(was, is) === 0) continue;
    if (showedIt) gone.push(was);
    if (showsIt) come.push(is);
  }
  const itemOf = (id: string) => ({ id, machine: before.machines.byId.get(id) });
  const after = reordered(ids, gone, come, { idOf: ({ id }) => id, itemOf, compare });
  return after === ids ? view : { ...view, ids: after };
}

/** A machine where it is listed; undefined: it is not known. */
interface Listed {
  readonly id: string;
  readonly machine: Machine | undefined;
}

/** Whether it shows all machines, as the inventory has them. */
function isWhole({ filter, sort, descending }: ViewState): boolean {
  return filter === '' && sort === 'machine' && !descending;
}

const texts = new WeakMap<Machine, string>();

/** All that can be read of a machine in the table and its pane, in lower case. */
function textOf(machine: Machine): string {
  const known = texts.get(machine);
  if (known !== undefined) return known;
  const { machineId, spec, status, labels } = machine;
  const parts = [
    machineId,
    status === undefined ? '' : machinePhaseWord(status.phase),
    spec?.rack,
    spec?.targetCluster?.clusterId,
    spec?.serial,
    spec?.model,
    spec?.bmcAddress,
    spec?.sshEndpoint,
    ...(spec?.macAddresses ?? []),
    ...Object.entries(labels).map(([key, value]) => `${key}=${value}`),
    ...(status?.conditions ?? []).filter((one) => one.status).map((one) => `${one.type} ${one.message}`),
  ];
  const text = printable(parts.join(' ')).toLowerCase();
  texts.set(machine, text);
  return text;
}

/** Tells whether a view shows a machine. */
function showsOf({ filter, matching }: ViewState): (listed: Listed) => boolean {
  if (matching !== undefined) return ({ id, machine }) => machine !== undefined && matching.has(id);
  if (filter === '') return ({ machine }) => machine !== undefined;
  const matches = matcherOf(filter);
  return ({ machine }) => machine !== undefined && matches(textOf(machine));
}

/** The order of a view, as `sorted` makes it. */
function compareOf({ sort, descending }: ViewState): (a: Listed, b: Listed) => number {
  const way = descending ? -1 : 1;
  if (sort === 'machine') return (a, b) => way * compareNatural(a.id, b.id);
  const key = KEYS[sort];
  return (a, b) => way * compareKeys(key(a.machine), key(b.machine)) || compareNatural(a.id, b.id);
}

function sorted(view: ViewState, ids: readonly string[], { byId }: MachinesState): readonly string[] {
  if (view.sort === 'machine') return view.descending ? ids.toReversed() : ids;
  const key = KEYS[view.sort];
  // What is equal goes together, in the order of the ids; then only what is different is compared. Comparing machines pair by
  // pair is most of the cost at 10,000 of them, and there are few phases.
  const groups = new Map<string | number, string[]>();
  for (const id of ids) {
    const value = key(byId.get(id));
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [id]);
    else group.push(id);
  }
  const ordered = [...groups].sort(([a], [b]) => compareKeys(a, b));
  if (view.descending) ordered.reverse();
  return ordered.flatMap(([, group]) => group);
}

const KEYS: Readonly<Record<Exclude<SortColumn, 'machine'>, (machine: Machine | undefined) => string | number>> = {
  phase: (machine) => machine?.status?.phase ?? 0,
  // What is busy first, as nobody looks for what does nothing.
  doing: (machine) => ((machine?.status?.activeRunId ?? '') === '' ? 1 : 0),
  rack: (machine) => machine?.spec?.rack ?? '',
  cluster: (machine) => machine?.spec?.targetCluster?.clusterId ?? '',
  // The youngest first, to the second that is shown.
  age: (machine) => -Math.floor((millis(machine?.status?.phaseSince) ?? 0) / 1_000),
  note: (machine) => (machine !== undefined && needsAttention(machine) ? 0 : 1),
};

function compareKeys(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : compareNatural(String(a), String(b));
}
