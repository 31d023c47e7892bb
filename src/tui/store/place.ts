import type { Pane } from './layout.ts';

/** The screens that keys 1 to 5 lead to, in their order. */
export const PLACES = ['machines', 'runs', 'plans', 'events', 'server-log'] as const;

/** One of the screens that keys 1 to 5 lead to. */
export type Place = (typeof PLACES)[number];

/** One thing that is looked at closely, one level further in than the place. `from`: the pane that Esc goes back to. */
export type Detail =
  | { readonly kind: 'machine'; readonly machineId: string; readonly from: Pane }
  | { readonly kind: 'run'; readonly runId: string; readonly machineId: string; readonly from: Pane };

/** Where somebody is: a place, and the way in from there, the innermost last. */
export interface Whereabouts {
  readonly place: Place;
  readonly path: readonly Detail[];
}

/** The lists of the screens; `machineRuns`: those of the machine that is looked at closely. */
export type ListKey = 'runs' | 'plans' | 'events' | 'machineRuns';

/** The list that is shown; undefined: none is. */
export function listShown({ place, path }: Whereabouts): ListKey | undefined {
  const detail = path.at(-1);
  if (detail !== undefined) return detail.kind === 'machine' ? 'machineRuns' : undefined;
  return place === 'runs' || place === 'plans' || place === 'events' ? place : undefined;
}

/** What a place is called on the screen. */
export const PLACE_NAMES: Readonly<Record<Place, string>> = {
  machines: 'Machines',
  runs: 'Runs',
  plans: 'Plans',
  events: 'Events',
  'server-log': 'Server log',
};

/** What a list is called on the screen, and one row of it in a sentence. */
export const LIST_NAMES: Readonly<Record<ListKey, { readonly title: string; readonly one: string }>> = {
  runs: { title: PLACE_NAMES.runs, one: 'run' },
  plans: { title: PLACE_NAMES.plans, one: 'plan' },
  events: { title: PLACE_NAMES.events, one: 'event' },
  machineRuns: { title: PLACE_NAMES.runs, one: 'run' },
};

/** Whether the machine table is what is shown: the place that a console begins with. */
export function isAtMachines({ place, path }: Whereabouts): boolean {
  return place === 'machines' && path.length === 0;
}

/** Whether the server's own log is what is shown. */
export function isAtServerLog({ place, path }: Whereabouts): boolean {
  return place === 'server-log' && path.length === 0;
}
