import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { printable } from '../format/printable.ts';
import { millis } from '../format/time.ts';
import { machinePhaseWord } from '../format/words.ts';
import { isServerFilter, matcherOf } from './filter-grammar.ts';
import type { MachinesState } from './machines.ts';
import { natural } from './machines.ts';

/** What the machine table can be sorted by: its columns, in their order. */
export const SORT_COLUMNS = ['machine', 'phase', 'doing', 'rack', 'cluster', 'age', 'note'] as const;

/** A column that the table can be sorted by. */
export type SortColumn = (typeof SORT_COLUMNS)[number];

/** Which machines the table shows, and in which order. */
export interface ViewState {
  /** As it was typed; empty: all machines. */
  readonly filter: string;
  /** The machines that match, as the server tells of them; undefined: the filter is free text, and is looked for here. */
  readonly matching: ReadonlySet<string> | undefined;
  /** Whether the server has yet to say which machines match. */
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
  /** No machine matches: a watch says nothing of that. */
  | { readonly kind: 'none' }
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
  return { ...view, filter: text, matching: asking ? new Set() : undefined, asking, problem: '' };
}

/** The view sorted by a column; by the same one again, the other way round. */
export function withSort(view: ViewState, sort: SortColumn): ViewState {
  return { ...view, sort, descending: view.sort === sort && !view.descending };
}

/** The view after the watch of its filter has told something. */
export function applyMatches(view: ViewState, changes: readonly MatchChange[]): ViewState {
  if (changes.length === 0 || view.matching === undefined) return view;
  const matching = new Set(view.matching);
  for (const change of changes) {
    if (change.kind === 'reset') matching.clear();
    else if (change.kind === 'in') matching.add(change.machineId);
    else if (change.kind === 'out') matching.delete(change.machineId);
  }
  const asking = view.asking && changes.every(({ kind }) => kind === 'reset');
  return { ...view, matching, asking };
}

/** The view of an inventory: the machines that match, sorted. */
export function lookAt(view: ViewState, machines: MachinesState): ViewState {
  const ids = sorted(view, matching(view, machines), machines);
  return ids === view.ids ? view : { ...view, ids };
}

function matching({ filter, matching: told }: ViewState, { ids, byId }: MachinesState): readonly string[] {
  if (told !== undefined) return ids.filter((id) => told.has(id));
  if (filter === '') return ids;
  const matches = matcherOf(filter);
  return ids.filter((id) => {
    const machine = byId.get(id);
    return machine !== undefined && matches(textOf(machine));
  });
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
  note: (machine) => (hasNote(machine) ? 0 : 1),
};

function hasNote(machine: Machine | undefined): boolean {
  const conditions = machine?.status?.conditions ?? [];
  return (
    (machine?.status?.stoppingRunId ?? '') !== '' ||
    conditions.some((one) => one.status && one.type === 'NeedsIntervention')
  );
}

function compareKeys(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : natural.compare(String(a), String(b));
}
