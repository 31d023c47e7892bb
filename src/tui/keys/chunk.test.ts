import { describe, expect, test } from 'vitest';
import type { ChunkFlags } from './chunk.ts';
import { keyLabel, keysOf } from './chunk.ts';

const none: ChunkFlags = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
};
const keys = (text: string, flags: Partial<ChunkFlags> = {}) => keysOf(text, { ...none, ...flags });

describe('the keys of a chunk', () => {
  test('one by one, in order', () => {
    expect(keys('jjj')).toEqual(['j', 'j', 'j']);
    expect(keys('10G')).toEqual(['1', '0', 'G']);
    expect(keys('rr\r')).toEqual(['r', 'r', 'enter']);
    expect(keys('a b\tc\x7f\x1a')).toEqual(['a', 'space', 'b', 'tab', 'c', 'backspace', 'ctrl-z']);
  });

  test('a line end is one Enter, however it is written', () => {
    expect(keys('a\r\nb\nc\r')).toEqual(['a', 'enter', 'b', 'enter', 'c', 'enter']);
  });

  test('a joined character is one key', () => {
    expect(keys('e\u0301機')).toEqual(['e\u0301', '機']);
  });

  test('named keys', () => {
    expect(keys('', { upArrow: true })).toEqual(['up']);
    expect(keys('', { pageDown: true })).toEqual(['pagedown']);
    expect(keys('', { tab: true })).toEqual(['tab']);
    expect(keys('', { tab: true, shift: true })).toEqual(['shift-tab']);
    expect(keys('c', { ctrl: true })).toEqual(['ctrl-c']);
    expect(keys('', { escape: true, meta: true })).toEqual(['esc']);
  });

  test('Esc and a key right behind it are two keys, though terminals write Alt the same way', () => {
    expect(keys('j', { meta: true })).toEqual(['esc', 'j']);
    expect(keys('/x', { meta: true })).toEqual(['esc', '/', 'x']);
    expect(keys('', { return: true, meta: true })).toEqual(['esc', 'enter']);
    expect(keys('', { tab: true, meta: true })).toEqual(['esc', 'tab']);
    expect(keys('l', { ctrl: true, meta: true })).toEqual(['esc', 'ctrl-l']);
    expect(keys('', { escape: true, meta: true })).toEqual(['esc']);
  });

  test('named keys with Alt, releases and what has no name are no keys', () => {
    expect(keys('', { upArrow: true, meta: true })).toEqual([]);
    expect(keys('q', { eventType: 'release' })).toEqual([]);
    expect(keys('')).toEqual([]);
  });
});

test('keys are shown as they are written on a keyboard', () => {
  expect(['ctrl-l', 'pageup', 'up', 'shift-tab', 'G'].map((key) => keyLabel(key, false))).toEqual([
    'Ctrl-L',
    'PgUp',
    '↑',
    'Shift-Tab',
    'G',
  ]);
  expect(keyLabel('up', true)).toBe('Up');
});
