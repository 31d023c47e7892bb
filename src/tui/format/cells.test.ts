import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cellWidth, chunkCells, ellipsis, fitCells, wordPieces, wrap } from './cells.ts';

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

  test('a duration is one word', () => {
    expect(wrap('at most 9m 59s more', 12, 9)).toEqual(['at most', '9m 59s more']);
    expect(wrap('in 2h 07m', 5, 9)).toEqual(['in', '2h 07', 'm']);
    expect(wrap('layer 3m of 59s', 8, 9)).toEqual(['layer 3m', 'of 59s']);
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

describe('a text in pieces of whole words', () => {
  test('breaks behind blanks, which hang over the room', () => {
    expect(wordPieces('the run is canceled', 11)).toEqual(['the run is ', 'canceled']);
    expect(wordPieces('the run  is canceled', 7)).toEqual(['the run  ', 'is canc', 'eled']);
    expect(wordPieces('a  b', 1)).toEqual(['a  ', 'b']);
  });

  test('breaks a word that no line has room for where the room ends, not before it', () => {
    expect(wordPieces('pull sha256:9f29c749 now', 10)).toEqual(['pull sha25', '6:9f29c749 ', 'now']);
    expect(wordPieces('    indented', 8)).toEqual(['    inde', 'nted']);
    expect(wordPieces('日本語 日本', 6)).toEqual(['日本語 ', '日本']);
    expect(wordPieces('日本', 1)).toEqual(['日', '本']);
  });

  test('whatever the text, the pieces are the text, and fit but for blanks behind them', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '日', '-'), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 12 }), (any, width) => {
        const pieces = wordPieces(any, width);
        expect(pieces.join('')).toBe(any);
        for (const piece of pieces) expect(cellWidth(piece.trimEnd())).toBeLessThanOrEqual(width);
      }),
    );
  });
});
