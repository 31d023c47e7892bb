import type { Glyphs } from './glyphs.ts';
import { asciiGlyphs, unicodeGlyphs } from './glyphs.ts';
import type { Theme, ThemeName } from './theme.ts';

// The colours are those of the 256-colour cube and its greys, so that they come out as chosen on terminals without true
// colour as well.

const dark: Omit<Theme, 'glyphs'> = {
  name: 'dark',
  background: '#1c1c1c',
  tones: {
    text: {},
    muted: { color: '#9e9e9e' },
    strong: { bold: true },
    accent: { color: '#5fd7ff' },
    ok: { color: '#87d787' },
    busy: { color: '#87afff' },
    warn: { color: '#ffd75f' },
    error: { color: '#ff8787' },
    key: { color: '#ffd7af', bold: true },
    border: { color: '#767676' },
    borderFocus: { color: '#5fd7ff' },
  },
  selected: { color: '#ffffff', backgroundColor: '#005f87', bold: true },
  selectedElsewhere: { color: '#ffffff', backgroundColor: '#444444' },
};

const light: Omit<Theme, 'glyphs'> = {
  name: 'light',
  background: '#ffffff',
  tones: {
    text: {},
    muted: { color: '#626262' },
    strong: { bold: true },
    accent: { color: '#005faf' },
    ok: { color: '#005f00' },
    busy: { color: '#5f00af' },
    warn: { color: '#875f00' },
    error: { color: '#af0000' },
    key: { color: '#5f0087', bold: true },
    border: { color: '#8a8a8a' },
    borderFocus: { color: '#005faf' },
  },
  selected: { color: '#ffffff', backgroundColor: '#005faf', bold: true },
  selectedElsewhere: { color: '#000000', backgroundColor: '#d0d0d0' },
};

const highContrast: Omit<Theme, 'glyphs'> = {
  name: 'high-contrast',
  background: '#000000',
  tones: {
    text: { color: '#ffffff' },
    muted: { color: '#d0d0d0' },
    strong: { color: '#ffffff', bold: true },
    accent: { color: '#00ffff', bold: true },
    ok: { color: '#00ff00', bold: true },
    busy: { color: '#afd7ff', bold: true },
    warn: { color: '#ffff00', bold: true },
    error: { color: '#ffafaf', bold: true },
    key: { color: '#ffff00', bold: true },
    border: { color: '#d0d0d0' },
    borderFocus: { color: '#ffff00', bold: true },
  },
  selected: { color: '#000000', backgroundColor: '#ffff00', bold: true },
  selectedElsewhere: { color: '#000000', backgroundColor: '#d0d0d0', bold: true },
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
