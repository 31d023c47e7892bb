import { expect, test } from 'vitest';
import { edit, emptyField, insert } from './field.ts';

const typed = (text: string, keys: readonly string[]) =>
  keys.reduce((field, key) => edit(field, key) ?? insert(field, key), insert(emptyField, text));

test('text goes in at the cursor', () => {
  expect(typed('machine-1', ['home', 'x', 'end', 'y'])).toEqual({ text: 'xmachine-1y', cursor: 11 });
});

test('keys that edit', () => {
  expect(typed('abc', ['backspace']).text).toBe('ab');
  expect(typed('abc', ['left', 'left', 'delete']).text).toBe('ac');
  expect(typed('one two ', ['ctrl-w']).text).toBe('one ');
  expect(typed('one two', ['left', 'ctrl-u'])).toEqual({ text: 'o', cursor: 0 });
  expect(typed('abc', ['home', 'backspace']).text).toBe('abc');
});

test('keys that do not edit are for somebody else', () => {
  expect(edit(emptyField, 'up')).toBeUndefined();
  expect(edit(emptyField, 'ctrl-l')).toBeUndefined();
});

test('what is pasted becomes one line without controls, within bounds', () => {
  expect(insert(emptyField, 'machine-1\r\n').text).toBe('machine-1');
  expect(insert(emptyField, 'machine-1\nrb').text).toBe('machine-1 rb');
  expect(insert(emptyField, '\x1b[31mred').text).toBe('red');
  expect(insert(emptyField, 'x'.repeat(999)).text).toHaveLength(256);
});

test('wide characters and joined ones are one step of the cursor', () => {
  expect(typed('機e\u0301', ['left', 'backspace'])).toEqual({ text: 'e\u0301', cursor: 0 });
});
