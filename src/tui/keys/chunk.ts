import { splitGraphemes } from '../format/cells.ts';

/**
 * One key, by name: a printable character as itself (`j`, `G`, `?`), else `space`, `enter`, `esc`, `tab`, `shift-tab`,
 * `backspace`, `delete`, `up`, `down`, `left`, `right`, `pageup`, `pagedown`, `home`, `end`, or `ctrl-` and a letter.
 */
export type Key = string;

/** What Ink says of a chunk beside its text. */
export interface ChunkFlags {
  readonly upArrow: boolean;
  readonly downArrow: boolean;
  readonly leftArrow: boolean;
  readonly rightArrow: boolean;
  readonly pageDown: boolean;
  readonly pageUp: boolean;
  readonly home: boolean;
  readonly end: boolean;
  readonly return: boolean;
  readonly escape: boolean;
  readonly ctrl: boolean;
  readonly shift: boolean;
  readonly tab: boolean;
  readonly backspace: boolean;
  readonly delete: boolean;
  readonly meta: boolean;
  readonly eventType?: 'press' | 'repeat' | 'release' | undefined;
}

const NAMED: readonly (readonly [keyof ChunkFlags, Key])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
];

/** Keys with a name that terminals write as one byte: behind Esc they are two keys. */
const ONE_BYTE: ReadonlySet<Key> = new Set(['enter', 'esc', 'backspace']);

const CONTROLS: Readonly<Record<string, Key>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\b': 'backspace',
  '\x7f': 'backspace',
  '\x1b': 'esc',
  ' ': 'space',
};

/**
 * The single keys of what Ink hands out as one: all that one read from the terminal gave, unless it begins with an escape
 * sequence. There is no Alt: terminals write it as Esc and the key, which is what somebody in a hurry types as well, so both
 * keys it is. Of keys with a name it is told apart, and they are none.
 */
export function keysOf(text: string, flags: ChunkFlags): readonly Key[] {
  if (flags.eventType === 'release') return [];
  const before: readonly Key[] = flags.meta && !flags.escape ? ['esc'] : [];
  if (flags.tab) return [...before, flags.shift ? 'shift-tab' : 'tab'];
  const named = NAMED.find(([flag]) => flags[flag] === true)?.[1];
  if (named !== undefined) return before.length > 0 && !ONE_BYTE.has(named) ? [] : [...before, named];
  if (flags.ctrl) return text === '' ? [] : [...before, `ctrl-${text.toLowerCase()}`];
  return text === '' ? [] : [...before, ...splitChunk(text)];
}

/** The single keys of plain text, line breaks and controls among them. */
function splitChunk(text: string): readonly Key[] {
  // A carriage return and a line feed would be one grapheme, and are one press of Enter.
  return splitGraphemes(text.replaceAll('\r\n', '\r')).map(keyOf);
}

function keyOf(grapheme: string): Key {
  const known = CONTROLS[grapheme];
  if (known !== undefined) return known;
  const code = grapheme.charCodeAt(0);
  return code < 32 ? `ctrl-${String.fromCharCode(code + 96)}` : grapheme;
}

/** Whether a key is a character that can be typed into a text. */
export function typedText(key: Key): string | undefined {
  if (key === 'space') return ' ';
  return splitGraphemes(key).length === 1 ? key : undefined;
}

const LABELS: Readonly<Record<string, string>> = {
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  home: 'Home',
  end: 'End',
  enter: 'Enter',
  esc: 'Esc',
  tab: 'Tab',
  'shift-tab': 'Shift-Tab',
};

/** A key as it is shown: `PgUp`, `Ctrl-L`; the arrows as words where only ASCII is to be shown. */
export function keyLabel(key: Key, ascii: boolean): string {
  if (key.startsWith('ctrl-')) return `Ctrl-${key.slice('ctrl-'.length).toUpperCase()}`;
  const label = LABELS[key];
  if (label === undefined) return key;
  return ascii && label.length === 1 ? key.charAt(0).toUpperCase() + key.slice(1) : label;
}
