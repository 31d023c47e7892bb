import { expect, test } from 'vitest';
import { printable } from './printable.ts';

test.each([
  ['plain text', 'plain text'],
  ['\x1b[31mred\x1b[0m', 'red'],
  ['\x1b]0;title\x07rest', 'rest'],
  ['\x1b]52;c;c2VjcmV0\x1b\\rest', 'rest'],
  ['\x1b[2J\x1b[Hcleared', 'cleared'],
  ['a\tb', 'a       b'],
  ['10%\r 50%\r100%', '100%'],
  ['done\r', 'done'],
  ['bell\x07 and null\0', 'bell and null'],
  ['\u202eevil', 'evil'],
  ['機械 ok', '機械 ok'],
  ['lonely \x1b', 'lonely '],
  ['\x9b31mC1', '31mC1'],
])('%j becomes %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});
