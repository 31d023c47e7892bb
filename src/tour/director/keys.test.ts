import { describe, expect, it } from 'vitest';
import { walkPlan } from '../testing/walk.ts';
import { commandOfKey, offeredKeys } from './keys.ts';
import type { TourState } from './state.ts';
import { initialState } from './state.ts';

function stateWith(changes: Partial<TourState>): TourState {
  return { ...initialState(walkPlan(), 0), ...changes };
}

describe('commandOfKey', () => {
  it.each(['space', 'right', 'l', 'enter', 'pagedown'])('%s is next', (key) => {
    expect(commandOfKey(key, stateWith({}))).toEqual({ name: 'next' });
  });

  it.each(['left', 'h', 'pageup'])('%s is back', (key) => {
    expect(commandOfKey(key, stateWith({}))).toEqual({ name: 'back' });
  });

  it('lets no action of the console through', () => {
    for (const key of ['b', 'm', 'u', 'w', 't', 'v', 'd', 'i', '/', ':', 'x', 'y', 'tab', 'j', 'k', 'ctrl-l']) {
      expect(commandOfKey(key, stateWith({}))).toBeUndefined();
    }
  });

  it('leaves everything but Ctrl-T to the console while it has the keyboard', () => {
    const state = stateWith({ owner: 'console' });
    for (const key of ['space', 'q', 'ctrl-c', 'r', '5', '.', '?']) expect(commandOfKey(key, state)).toBeUndefined();
    expect(commandOfKey('ctrl-t', state)).toEqual({ name: 'explore', on: false });
  });

  it('reads a number before G and o', () => {
    expect(commandOfKey('1', stateWith({}))).toEqual({ name: 'digit', digit: '1' });
    expect(commandOfKey('G', stateWith({ digits: '11' }))).toEqual({ name: 'goto', chapter: 11 });
    expect(commandOfKey('o', stateWith({ digits: '3' }))).toEqual({ name: 'question', number: 3 });
    expect(commandOfKey('G', stateWith({}))).toBeUndefined();
    expect(commandOfKey('enter', stateWith({ digits: '4', overlay: 'chapters' }))).toEqual({
      name: 'goto',
      chapter: 4,
    });
    expect(commandOfKey('esc', stateWith({ digits: '4' }))).toEqual({ name: 'overlay', overlay: 'none' });
  });

  it('asks before it ends, and a second Ctrl-C ends at once', () => {
    expect(commandOfKey('q', stateWith({}))).toEqual({ name: 'overlay', overlay: 'quit' });
    expect(commandOfKey('ctrl-c', stateWith({}))).toEqual({ name: 'overlay', overlay: 'quit' });
    const asked = stateWith({ overlay: 'quit' });
    expect(commandOfKey('ctrl-c', asked)).toEqual({ name: 'quit' });
    expect(commandOfKey('y', asked)).toEqual({ name: 'quit' });
    expect(commandOfKey('space', asked)).toEqual({ name: 'overlay', overlay: 'none' });
  });

  it('closes what lies over the screen with the key that opened it, with Esc and with next', () => {
    for (const key of ['?', 'esc', 'space']) {
      expect(commandOfKey(key, stateWith({ overlay: 'help' }))).toEqual({ name: 'overlay', overlay: 'none' });
    }
    expect(commandOfKey('c', stateWith({ overlay: 'help' }))).toEqual({ name: 'overlay', overlay: 'chapters' });
  });

  it('shows a blank screen again with any key of the tour', () => {
    expect(commandOfKey('space', stateWith({ blank: true }))).toEqual({ name: 'blank', on: false });
    expect(commandOfKey('.', stateWith({ blank: true }))).toEqual({ name: 'blank', on: false });
  });
});

describe('offeredKeys', () => {
  it('offers again, skip, explore and restart after a failure; no restart of a server of somebody else', () => {
    const keys = (own: boolean) => offeredKeys(stateWith({ stage: 'failed' }), own).map(({ key }) => key);
    expect(keys(true)).toEqual(['r', 's', 'e', 'R']);
    expect(keys(false)).toEqual(['r', 's', 'e']);
  });

  it('names the way back while the console has the keyboard', () => {
    expect(offeredKeys(stateWith({ owner: 'console' }), true)).toEqual([
      { key: 'Ctrl-T', label: 'back', command: 'explore' },
    ]);
  });
});
