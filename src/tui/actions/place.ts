import type { Action } from '../keys/registry.ts';
import type { Place } from '../store/place.ts';
import { PLACES } from '../store/place.ts';
import { goTo } from '../store/travel.ts';
import type { ConsoleEffects } from './effects.ts';

const WORDS: Readonly<Record<Place, readonly [label: string, help: string]>> = {
  machines: ['machines', 'the machines'],
  runs: ['runs', 'the runs, the newest first'],
  plans: ['plans', 'the plans, with their steps'],
  events: ['events', 'the events: who did what, and what came of it'],
  'server-log': ['log', "the server's own log"],
};

/** The screens that there are. */
export const placeActions: readonly Action<ConsoleEffects>[] = PLACES.map((place, at) => ({
  id: `place.${place}`,
  keys: [String(at + 1)],
  label: WORDS[place][0],
  help: WORDS[place][1],
  group: 'Screens',
  scopes: ['main'],
  run: ({ store }) => store.setState((state) => goTo(state, place)),
}));
