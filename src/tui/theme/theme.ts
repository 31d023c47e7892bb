import type { Glyphs } from './glyphs.ts';

/** What a piece of text is, apart from how a theme shows it. */
export type Tone =
  | 'text'
  | 'muted'
  | 'strong'
  | 'accent'
  | 'ok'
  | 'busy'
  | 'warn'
  | 'error'
  | 'key'
  | 'border'
  | 'borderFocus';

/** A colour of the palette of 256. */
export type Colour = `ansi256(${number})`;

/** How a theme shows something. No colour: the terminal's own. */
export interface Style {
  readonly color?: Colour;
  readonly backgroundColor?: Colour;
  readonly bold?: boolean;
  readonly dimColor?: boolean;
  readonly inverse?: boolean;
  readonly underline?: boolean;
}

/** The themes by name, in the order in which they are offered. */
export const THEME_NAMES = ['dark', 'light', 'high-contrast', 'mono', 'ascii'] as const;

/** The name of a theme. */
export type ThemeName = (typeof THEME_NAMES)[number];

/**
 * How everything looks. A theme never paints the background: it declares the one that its colours are made for. The
 * selected row and a focused button are one background and ONE foreground, whatever tones their texts have elsewhere.
 */
export interface Theme {
  readonly name: ThemeName;
  /** The terminal's background that the colours are made for; absent: they do not depend on it. */
  readonly background?: Colour;
  readonly tones: Readonly<Record<Tone, Style>>;
  /** The selected row of the pane that has the focus, and the focused button. */
  readonly selected: Style;
  /** The selected row of another pane. */
  readonly selectedElsewhere: Style;
  readonly glyphs: Glyphs;
}
