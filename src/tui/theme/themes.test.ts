import { describe, expect, test } from 'vitest';
import { cellWidth } from '../format/cells.ts';
import { asciiGlyphs, isWideLocale, unicodeGlyphs } from './glyphs.ts';
import type { Style } from './theme.ts';
import { THEME_NAMES } from './theme.ts';
import { themeOf } from './themes.ts';

/** What terminals show for a number of the palette from 16 on: a cube of 6×6×6, then 24 greys. */
function rgbOf(colour: string): readonly number[] {
  const number = Number(/\d+(?=\)$)/.exec(colour)?.[0]);
  if (number >= 232) return [0, 0, 0].map(() => 8 + (number - 232) * 10);
  const at = number - 16;
  return [Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map((step) => (step === 0 ? 0 : 55 + step * 40));
}

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = rgbOf(colour)
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(first: string, second: string): number {
  const [lighter = 0, darker = 0] = [luminance(first), luminance(second)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

const painted = THEME_NAMES.map((name) => themeOf(name)).filter(({ background }) => background !== undefined);

describe.each(painted.map((theme) => [theme.name, theme] as const))('the theme %s', (_name, theme) => {
  const ground = theme.background ?? '';

  // WCAG AA: 4.5 for text, 3 for what is no text.
  test.each(Object.entries(theme.tones))('shows %s well on its background', (tone, style: Style) => {
    if (style.color === undefined) return expect(tone).toMatch(/^(text|strong)$/);
    expect(contrast(style.color, ground)).toBeGreaterThanOrEqual(tone.startsWith('border') ? 3 : 4.5);
  });

  test.each(['selected', 'selectedElsewhere'] as const)(
    'shows what is %s as one foreground on one background',
    (key) => {
      const { color = '', backgroundColor = '' } = theme[key];
      expect(contrast(color, backgroundColor)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(backgroundColor, ground)).toBeGreaterThan(1.3);
    },
  );
});

test('mono has no colour at all', () => {
  const { tones, selected, selectedElsewhere } = themeOf('mono');
  for (const style of [...Object.values(tones), selected, selectedElsewhere]) {
    expect([style.color, style.backgroundColor]).toEqual([undefined, undefined]);
  }
});

test('every sign takes one cell, and the ASCII ones are ASCII', () => {
  for (const glyphs of [unicodeGlyphs, asciiGlyphs]) {
    const { spinner, box, ascii: _, ...rest } = glyphs;
    for (const sign of [...spinner, ...Object.values(box), ...Object.values(rest)]) expect(cellWidth(sign)).toBe(1);
  }
  const { spinner, box, ascii: _, ...rest } = asciiGlyphs;
  expect([...spinner, ...Object.values(box), ...Object.values(rest)].join('')).toMatch(/^[\x20-\x7e]+$/);
});

test('signs that tell states apart are different ones', () => {
  for (const { done, failed, canceled, skipped, waiting, retrying } of [unicodeGlyphs, asciiGlyphs]) {
    expect(new Set([done, failed, canceled, skipped, waiting, retrying]).size).toBe(6);
  }
});

test('locales whose terminals draw ambiguous characters wide', () => {
  expect(['ja_JP.UTF-8', 'ko', 'zh_TW.Big5', 'C.UTF-8', 'en_US.UTF-8', 'zhxx', ''].map(isWideLocale)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
