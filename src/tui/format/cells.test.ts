import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cellWidth, chunkCells, ellipsis, fitCells, wrap } from './cells.ts';

describe('cells', () => {
  test('wide characters take two cells, combining ones none', () => {
    expect(cellWidth('abc')).toBe(3);
    expect(cellWidth('機械-1')).toBe(6);
    expect(cellWidth('e\u0301')).toBe(1);
  });

  test('what is cut ends in a mark, and a wide character is never halved', () => {
    expect(ellipsis('machine-1', 9)).toBe('machine-1');
    expect(ellipsis('machine-1', 8)).toBe('machine…');
    expect(ellipsis('機械機械', 6)).toBe('機械…');
    expect(ellipsis('機械機械', 0)).toBe('');
  });

  test('columns are filled away from their side', () => {
    expect(fitCells('4m', 4, 'right')).toBe('  4m');
    expect(fitCells('4m', 4)).toBe('4m  ');
    expect(fitCells('機械機械', 6)).toBe('機械… ');
  });

  test('whatever the text, a column is exactly as wide as it is', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 });
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 30 }), (any, width) => {
        fc.pre(!/[\p{Cc}\p{Cf}]/u.test(any));
        expect(cellWidth(fitCells(any, width))).toBe(width);
      }),
    );
  });

  test('lines break at blanks, words that are too long anywhere', () => {
    expect(wrap('the run is canceled at once', 11, 9)).toEqual(['the run is', 'canceled at', 'once']);
    expect(wrap('abcdefghij k', 4, 9)).toEqual(['abcd', 'efgh', 'ij k']);
    expect(wrap('one\n\ntwo', 9, 9)).toEqual(['one', '', 'two']);
  });

  test('with more text than lines the last line says so', () => {
    expect(wrap('one two three four', 5, 2)).toEqual(['one', 'two…']);
    expect(wrap('abcdefgh ijkl', 4, 2)).toEqual(['abcd', 'efg…']);
  });
});

test('a text in pieces is cut wherever the room ends, never through a character', () => {
  expect(chunkCells('abcdefg', 3)).toEqual(['abc', 'def', 'g']);
  expect(chunkCells('日本語', 3)).toEqual(['日', '本', '語']);
  expect(chunkCells('日本', 1)).toEqual(['日', '本']);
  expect(chunkCells('', 3)).toEqual(['']);
  expect(chunkCells('ab', 0)).toEqual(['ab']);
});
