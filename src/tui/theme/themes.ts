import type { Glyphs } from './glyphs.ts';
import { asciiGlyphs, unicodeGlyphs } from './glyphs.ts';
import type { Theme, ThemeName } from './theme.ts';

// Colours by their number in the palette of 256: they come out as chosen on terminals with true colour and without (turning
// #rrggbb into the palette, as Ink's colour library does, misses the cube by a step), and take half the bytes.

const dark: Omit<Theme, 'glyphs'> = {
  name: 'dark',
  background: 'ansi256(234)',
  tones: {
    text: {},
    muted: { color: 'ansi256(247)' },
    strong: { bold: true },
    accent: { color: 'ansi256(81)' },
    ok: { color: 'ansi256(114)' },
    busy: { color: 'ansi256(111)' },
    warn: { color: 'ansi256(221)' },
    error: { color: 'ansi256(210)' },
    key: { color: 'ansi256(223)', bold: true },
    border: { color: 'ansi256(243)' },
    borderFocus: { color: 'ansi256(81)' },
  },
  selected: { color: 'ansi256(231)', backgroundColor: 'ansi256(24)', bold: true },
  selectedElsewhere: { color: 'ansi256(231)', backgroundColor: 'ansi256(238)' },
};

const light: Omit<Theme, 'glyphs'> = {
  name: 'light',
  background: 'ansi256(231)',
  tones: {
    text: {},
    muted: { color: 'ansi256(241)' },
    strong: { bold: true },
    accent: { color: 'ansi256(25)' },
    ok: { color: 'ansi256(22)' },
    busy: { color: 'ansi256(55)' },
    warn: { color: 'ansi256(94)' },
    error: { color: 'ansi256(124)' },
    key: { color: 'ansi256(54)', bold: true },
    border: { color: 'ansi256(245)' },
    borderFocus: { color: 'ansi256(25)' },
  },
  selected: { color: 'ansi256(231)', backgroundColor: 'ansi256(25)', bold: true },
  selectedElsewhere: { color: 'ansi256(16)', backgroundColor: 'ansi256(252)' },
};

const highContrast: Omit<Theme, 'glyphs'> = {
  name: 'high-contrast',
  background: 'ansi256(16)',
  tones: {
    text: { color: 'ansi256(231)' },
    muted: { color: 'ansi256(252)' },
    strong: { color: 'ansi256(231)', bold: true },
    accent: { color: 'ansi256(51)', bold: true },
    ok: { color: 'ansi256(46)', bold: true },
    busy: { color: 'ansi256(153)', bold: true },
    warn: { color: 'ansi256(226)', bold: true },
    error: { color: 'ansi256(217)', bold: true },
    key: { color: 'ansi256(226)', bold: true },
    border: { color: 'ansi256(252)' },
    borderFocus: { color: 'ansi256(226)', bold: true },
  },
  selected: { color: 'ansi256(16)', backgroundColor: 'ansi256(226)', bold: true },
  selectedElsewhere: { color: 'ansi256(16)', backgroundColor: 'ansi256(252)', bold: true },
};

const mono: Omit<Theme, 'glyphs'> = {
  name: 'mono',
  tones: {
    text: {},
    muted: { dimColor: true },
    strong: { bold: true },
    accent: { bold: true },
    ok: {},
    busy: {},
    warn: { bold: true },
    error: { bold: true },
    key: { bold: true },
    border: { dimColor: true },
    borderFocus: { bold: true },
  },
  selected: { inverse: true, bold: true },
  selectedElsewhere: { inverse: true },
};

const looks: Readonly<Record<ThemeName, Omit<Theme, 'glyphs'>>> = {
  dark,
  light,
  'high-contrast': highContrast,
  mono,
  ascii: { ...dark, name: 'ascii' },
};

/** The theme of that name; with `ascii` its signs are plain ASCII, as those of the theme `ascii` always are. */
export function themeOf(name: ThemeName, ascii = false): Theme {
  return { ...looks[name], glyphs: glyphsOf(name, ascii) };
}

function glyphsOf(name: ThemeName, ascii: boolean): Glyphs {
  return ascii || name === 'ascii' ? asciiGlyphs : unicodeGlyphs;
}
