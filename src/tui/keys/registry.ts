import type { DescMethod } from '@bufbuild/protobuf';
import type { ConsoleState } from '../store/state.ts';
import type { ConsoleStore } from '../store/store.ts';
import type { Key } from './chunk.ts';

/** Who has the keyboard. `everywhere`: whoever has it, this key still works. */
export type Scope = 'everywhere' | 'main' | 'help' | 'wire' | 'dialog' | 'prompt' | 'sorting' | 'facets' | 'too-small';

/** Where an action stands in the help; `Inner` ones are said where they apply alone. */
export type Group = 'Move' | 'Screens' | 'Act' | 'Find' | 'Mark' | 'Log' | 'Rest' | 'Dialog' | 'Inner';

/** What an action does things with. */
export interface ActionContext<Effects> {
  readonly store: ConsoleStore;
  readonly effects: Effects;
  readonly registry: Registry<Effects>;
}

/** One thing that a key does: the one source of dispatch, footer and help. */
export interface Action<Effects> {
  /** Stable, for key maps: `run.repave`. */
  readonly id: string;
  readonly keys: readonly Key[];
  /** One or two words, for the footer. */
  readonly label: string;
  /** A line for the help. */
  readonly help: string;
  readonly group: Group;
  readonly scopes: readonly Scope[];
  /** It changes machines or runs: not to be had in a read-only console. */
  readonly dangerous?: true;
  /** The calls that it makes: who may not make them does not have it. */
  readonly needs?: (state: ConsoleState) => readonly DescMethod[];
  /** The action whose keys it has, whatever they are: it is what they say where that one does not apply. */
  readonly follows?: string;
  /** Its place in the footer, the first is the last to leave; absent: not in the footer. */
  readonly footer?: number;
  /** Whether the key means this at all now; a key that means nothing does nothing. */
  readonly when?: (state: ConsoleState) => boolean;
  /** Whether the screen has what it is about at all: where not, footer and help do not offer it, and its key says why. */
  readonly here?: (state: ConsoleState) => boolean;
  /** Why it is not possible now, as a sentence; undefined: it is. */
  readonly disabledReason?: (state: ConsoleState) => string | undefined;
  readonly run: (context: ActionContext<Effects>) => void;
}

/** All actions of a console. */
export interface Registry<Effects> {
  readonly actions: readonly Action<Effects>[];
  /** What a key does for who has the keyboard; undefined: nothing. */
  find(key: Key, scope: Scope, state: ConsoleState): Action<Effects> | undefined;
}

/**
 * Makes a registry.
 *
 * @throws Error if two actions share an id, or a key in one scope where neither says when it applies
 */
export function createRegistry<Effects>(actions: readonly Action<Effects>[]): Registry<Effects> {
  const ids = new Set<string>();
  const places = new Map<string, Action<Effects>[]>();
  for (const action of actions) {
    if (ids.has(action.id)) throw new Error(`two actions are called ${action.id}`);
    ids.add(action.id);
    for (const place of placesOf(action)) {
      const others = places.get(place) ?? [];
      const rival = others.find((other) => other.when === undefined && action.when === undefined);
      if (rival !== undefined) throw new Error(`${place} means both ${rival.id} and ${action.id}`);
      places.set(place, [...others, action]);
    }
  }
  return {
    actions,
    find: (key, scope, state) => {
      const candidates = [...(places.get(`everywhere ${key}`) ?? []), ...(places.get(`${scope} ${key}`) ?? [])];
      return candidates.find((action) => action.when?.(state) ?? true);
    },
  };
}

/** Why an action is not possible now, whatever the reason; undefined: it is. */
export function refusalOf<Effects>(action: Action<Effects>, state: ConsoleState): string | undefined {
  return withheldReason(action, state) ?? action.disabledReason?.(state);
}

/**
 * Why an action is not to be had in this console at all, as a sentence: the console is read-only, or its user lacks the right.
 * Such an action is in no footer, help or palette; its key says this. Undefined: it is to be had.
 */
export function withheldReason<Effects>(
  { dangerous, needs }: Action<Effects>,
  state: ConsoleState,
): string | undefined {
  const { settings, connection } = state;
  if (dangerous === true && settings.readOnly) return `read-only: started with ${settings.readOnlyBy}`;
  const { allowed, user } = connection.server ?? {};
  const missing =
    allowed === undefined
      ? undefined
      : needs?.(state).find(({ parent, name }) => !allowed.has(`${parent.typeName}/${name}`));
  if (missing === undefined) return undefined;
  const who = user === undefined || user === '' ? 'a caller without a name' : user;
  return `not allowed: ${who} may not call ${missing.parent.name}/${missing.name} on this server`;
}

/** The actions that can be offered to who has the keyboard: without those that are not to be had in this console, or on this screen. */
export function offered<Effects>(
  registry: Registry<Effects>,
  scope: Scope,
  state: ConsoleState,
): readonly Action<Effects>[] {
  return registry.actions.filter((action) => {
    if (!action.scopes.includes(scope) && !action.scopes.includes('everywhere')) return false;
    if (withheldReason(action, state) !== undefined) return false;
    return (action.when?.(state) ?? true) && (action.here?.(state) ?? true);
  });
}

function placesOf<Effects>({ keys, scopes }: Action<Effects>): string[] {
  return keys.flatMap((key) => scopes.map((scope) => `${scope} ${key}`));
}
