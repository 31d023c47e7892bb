import { splitGraphemes } from '../format/cells.ts';
import type { KeyNames } from '../store/key-names.ts';
import type { Key } from './chunk.ts';
import { keyLabel } from './chunk.ts';
import type { Action } from './registry.ts';

/** The keys that somebody has given to actions, by the ids of those; the others keep their own. */
export type Keymap = ReadonlyMap<string, readonly Key[]>;

/** What a keymap looks at of an action. */
export type Bound = Pick<Action<never>, 'id' | 'keys' | 'scopes' | 'group' | 'follows'>;

const NAMED: ReadonlySet<Key> = new Set([
  'space',
  'enter',
  'esc',
  'tab',
  'shift-tab',
  'backspace',
  'delete',
  'up',
  'down',
  'left',
  'right',
  'pageup',
  'pagedown',
  'home',
  'end',
]);

/** As people call them as well. */
const ALIASES: Readonly<Record<string, Key>> = {
  escape: 'esc',
  return: 'enter',
  pgup: 'pageup',
  pgdn: 'pagedown',
  del: 'delete',
  backtab: 'shift-tab',
};

/** The key that is written so: one character, a name in any case, or `ctrl-` and a letter; undefined: there is no such key. */
export function parseKey(text: string): Key | undefined {
  if (splitGraphemes(text).length === 1) return /^[\p{C}\p{Z}]/u.test(text) ? undefined : text;
  const name = text.toLowerCase().replace('ctrl+', 'ctrl-');
  const key = ALIASES[name] ?? name;
  return NAMED.has(key) || /^ctrl-[a-z]$/.test(key) ? key : undefined;
}

/** The keys that mean the same wherever one is: they lead back and out, and nobody can take them away. */
const FIXED_KEYS: ReadonlySet<Key> = new Set(['esc', 'ctrl-c', 'ctrl-z']);

/** Why an action cannot be given other keys, as what goes on behind its id; undefined: it can. */
export function whyFixed({ keys, group, follows }: Bound): string | undefined {
  if (group === 'Dialog' || group === 'Inner')
    return 'belongs to questions and lines that are typed, whose keys stay as they are';
  if (follows !== undefined) return `has the keys of ${follows}`;
  const fixed = keys.find((key) => FIXED_KEYS.has(key));
  return fixed === undefined ? undefined : `always has ${keyLabel(fixed, false)}, which stays as it is`;
}

/** Keys that only those may have that have them by themselves, each with what it is for. */
const RESERVED: Readonly<Record<Key, string>> = {
  esc: 'it leads back',
  'ctrl-c': 'it leaves the program',
  'ctrl-z': 'it leads to the shell',
  enter: 'it goes in, and answers',
  tab: 'it goes to the next pane or field',
  'shift-tab': 'it goes to the pane or field before',
  'ctrl-h': 'terminals send Backspace for it',
  'ctrl-i': 'terminals send Tab for it',
  'ctrl-j': 'terminals send Enter for it',
  'ctrl-m': 'terminals send Enter for it',
};

/** Why a key cannot be given to an action, as what goes on behind the key; undefined: it can, as far as the others let it. */
export function whyNotFor(key: Key, { keys, scopes }: Bound): string | undefined {
  const reserved = RESERVED[key];
  if (reserved !== undefined && !keys.includes(key)) return `is reserved: ${reserved}`;
  if (scopes.includes('everywhere') && !key.startsWith('ctrl-')) {
    return 'could not be typed into a text any more, as this action works there, too: give it a key with ctrl-';
  }
  return undefined;
}

/** Whether two actions may be meant at the same time, so that a key must not belong to both. Those that share one by themselves know when. */
export function collide(one: Bound, other: Bound): boolean {
  if (one.id === other.id || one.follows === other.id || other.follows === one.id) return false;
  const meet = one.scopes.some((scope) => scope === 'everywhere' || other.scopes.includes(scope));
  if (!meet && !other.scopes.includes('everywhere')) return false;
  return !one.keys.some((key) => other.keys.includes(key));
}

/** The actions with the keys of a keymap. */
export function remap<Effects>(actions: readonly Action<Effects>[], keymap: Keymap): readonly Action<Effects>[] {
  return actions.map((action) => {
    const keys = keymap.get(action.follows ?? action.id);
    return keys === undefined ? action : { ...action, keys };
  });
}

/** The keys of actions, as texts name them. @param ascii names, and no signs */
export function keyNamesOf<Effects>(actions: readonly Action<Effects>[], ascii: boolean): KeyNames {
  return new Map(actions.map(({ id, keys }) => [id, keyLabel(keys[0] ?? '', ascii)]));
}
