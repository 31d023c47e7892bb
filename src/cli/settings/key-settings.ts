import { z } from 'zod';
import { didYouMean } from '../../client/suggest.ts';
import type { DataMistake } from '../../tour/script/mistake.ts';
import { allActions } from '../../tui/actions/all.ts';
import type { Key } from '../../tui/keys/chunk.ts';
import type { Bound, Keymap } from '../../tui/keys/keymap.ts';
import { collide, parseKey, whyFixed, whyNotFor } from '../../tui/keys/keymap.ts';

const MUST = 'must be a key, or a list of keys';
const ONE = z.union([z.string(), z.number()], MUST);

const changeable = allActions.filter((action) => whyFixed(action) === undefined);

/** The actions that can be given other keys, in the order of the help. */
export const CHANGEABLE: readonly (Bound & { readonly help: string })[] = changeable;

/** `keys` of the configuration file: a key, or several, for each action that is to have others than its own. */
export const KEYS_SCHEMA = z.strictObject(
  Object.fromEntries(
    changeable.map(({ id, help, keys }) => [
      id,
      z
        .union([ONE, z.array(ONE).min(1, MUST)], MUST)
        .optional()
        .meta({ description: `${help} (default ${keys.join(', ')})` }),
    ]),
  ),
  'must be a map of actions and their keys, such as `run.repave: R`',
);

/** What is said of an action that the file names and that cannot be given keys. */
export function unknownAction(id: string): string {
  const known = allActions.find((action) => action.id === id);
  if (known !== undefined) return whyFixed(known) ?? MUST;
  const suggestion = didYouMean(
    id,
    changeable.map((action) => action.id),
  );
  return `is no action${suggestion === '' ? '; `bmdemo config init` writes a file that has them all' : suggestion}`;
}

interface Given {
  readonly action: Bound;
  readonly key: Key;
  readonly path: readonly PropertyKey[];
}

/** The keymap that the file means, and everything that is wrong with it beside its form. */
export function readKeys(written: z.output<typeof KEYS_SCHEMA>): {
  readonly keymap: Keymap;
  readonly mistakes: readonly DataMistake[];
} {
  const mistakes: DataMistake[] = [];
  const given: Given[] = [];
  for (const [id, value] of Object.entries(written)) {
    const action = changeable.find((one) => one.id === id);
    if (action === undefined || value === undefined) continue;
    const texts = Array.isArray(value) ? value : [value];
    for (const [at, text] of texts.entries()) {
      const path = ['keys', id, ...(Array.isArray(value) ? [at] : [])];
      const key = parseKey(String(text));
      const wrong = key === undefined ? notAKey(String(text)) : reasonAgainst(key, action, given);
      if (key === undefined || wrong !== undefined) mistakes.push({ path, message: wrong ?? MUST });
      else given.push({ action, key, path });
    }
  }
  const keymap = new Map<string, Key[]>();
  for (const { action, key } of given) keymap.set(action.id, [...(keymap.get(action.id) ?? []), key]);
  for (const { action, key, path } of given) {
    const owner = changeable
      .concat(allActions)
      .find((other) => !keymap.has(other.follows ?? other.id) && collide(action, other) && other.keys.includes(key));
    if (owner === undefined) continue;
    const way = whyFixed(owner) === undefined ? `; give that another key as well, or take another one here` : '';
    mistakes.push({ path, message: `is "${key}", which ${owner.id} has by itself${way}` });
  }
  return { keymap, mistakes };
}

function notAKey(text: string): string {
  return (
    `is "${text}", which is no key: a key is one character such as r or ?, ctrl- and a letter, or one of space, enter, tab, ` +
    'shift-tab, backspace, delete, up, down, left, right, pageup, pagedown, home, end'
  );
}

function reasonAgainst(key: Key, action: Bound, given: readonly Given[]): string | undefined {
  const reserved = whyNotFor(key, action);
  if (reserved !== undefined) return `is "${key}", which ${reserved}`;
  const other = given.find((one) => one.key === key && (one.action === action || collide(action, one.action)));
  if (other === undefined) return undefined;
  return other.action === action
    ? `has "${key}" twice`
    : `is "${key}", which ${other.action.id} has been given as well`;
}
