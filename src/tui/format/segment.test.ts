import { describe, expect, test } from 'vitest';
import { asciiGlyphs, unicodeGlyphs } from '../theme/glyphs.ts';
import { fitLine, lineWidth, withSigns } from './segment.ts';

const line = [{ text: 'run 7f3a', tone: 'strong' as const }, { text: ' is done' }];
const text = (width: number) =>
  fitLine(line, width)
    .map((segment) => segment.text)
    .join('');

describe('a line', () => {
  test('is filled or cut to exactly its width', () => {
    expect(text(18)).toBe('run 7f3a is done  ');
    expect(text(16)).toBe('run 7f3a is done');
    expect(text(12)).toBe('run 7f3a is…');
    for (let width = 1; width < 20; width++) expect(lineWidth(fitLine(line, width))).toBe(width);
  });

  test('that is cut between two pieces shows that it is', () => {
    expect(text(8)).toBe('run 7f3…');
    expect(text(9)).toBe('run 7f3a…');
  });

  test('keeps the tones of what is left', () => {
    expect(fitLine(line, 6)[0]).toEqual({ text: 'run 7…', tone: 'strong' });
  });

  test('has the signs of its theme', () => {
    expect(withSigns('READY → IN_SERVICE · x…', asciiGlyphs)).toBe('READY > IN_SERVICE | x~');
    expect(withSigns('READY → x…', unicodeGlyphs)).toBe('READY → x…');
  });
});
