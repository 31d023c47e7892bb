import { describe, expect, test } from 'vitest';
import { allActions } from '../actions/all.ts';
import type { Action } from './registry.ts';
import { createRegistry } from './registry.ts';

const action = (id: string, rest: Partial<Action<null>> = {}): Action<null> => ({
  id,
  keys: ['x'],
  label: id,
  help: id,
  group: 'Act',
  scopes: ['main'],
  run: () => undefined,
  ...rest,
});

describe('a registry', () => {
  test('refuses two actions of one name, and two meanings of one key', () => {
    expect(() => createRegistry([action('a'), action('a', { keys: ['y'] })])).toThrow('two actions are called a');
    expect(() => createRegistry([action('a'), action('b')])).toThrow('main x means both a and b');
  });

  test('lets a key mean two things in two places, or at two times', () => {
    createRegistry([action('a'), action('b', { scopes: ['dialog'] })]);
    createRegistry([action('a'), action('b', { when: () => false })]);
  });
});

describe('the actions', () => {
  test('make a registry', () => {
    createRegistry(allActions);
  });

  test('a letter that acts means nothing else on any screen, so it is safe to press it anywhere', () => {
    const acting = allActions.filter(({ dangerous }) => dangerous).flatMap(({ keys }) => keys);
    const elsewhere = allActions.filter(({ dangerous }) => !dangerous).flatMap(({ keys }) => keys);
    expect(acting.filter((key) => elsewhere.includes(key))).toEqual([]);
  });
});
