import type { Event } from '../../wire/gen/baremetal/v1/event_pb.ts';
import type { Plan } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { eventText } from '../format/event-row.ts';
import { planText } from '../format/plan-row.ts';
import { runText } from '../format/run-row.ts';
import { millis } from '../format/time.ts';
import type { ListChange, ListState, RowKind } from './list.ts';
import { emptyList } from './list.ts';
import type { ListKey } from './place.ts';

/** What the rows of each list are. */
export interface RowOf {
  readonly runs: Run;
  readonly plans: Plan;
  readonly events: Event;
  readonly machineRuns: Run;
}

/** The lists of the screens. */
export type ListsState = { readonly [Key in ListKey]: ListState<RowOf[Key]> };

/** What a feed tells of one of them. */
export type ChangeOf<Key extends ListKey> = ListChange<RowOf[Key]>;

const RUN_ROWS: RowKind<Run> = {
  idOf: ({ runId }) => runId,
  textOf: runText,
  // Runs that were accepted at the same moment stand by their ids, so that they do not change places.
  compare: (a, b) =>
    (millis(b.createdAt) ?? 0) - (millis(a.createdAt) ?? 0) || (a.runId < b.runId ? -1 : a.runId > b.runId ? 1 : 0),
  follows: false,
};
const PLAN_ROWS: RowKind<Plan> = {
  idOf: ({ planId }) => planId,
  textOf: planText,
  compare: undefined,
  follows: false,
};
const EVENT_ROWS: RowKind<Event> = {
  idOf: ({ cursor }) => cursor,
  textOf: eventText,
  compare: undefined,
  follows: true,
};

/** Nothing is known yet. */
export const noLists: ListsState = {
  runs: emptyList(RUN_ROWS),
  plans: emptyList(PLAN_ROWS),
  events: emptyList(EVENT_ROWS),
  machineRuns: emptyList(RUN_ROWS),
};
