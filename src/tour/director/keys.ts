import type { TourCommand } from './input.ts';
import type { TourState } from './state.ts';

/** A key that does something now: how it is shown, what it does in a word or two, and the command. */
export interface OfferedKey {
  readonly key: string;
  readonly label: string;
  readonly command: TourCommand['name'];
}

const NEXT: TourCommand = { name: 'next' };
const BACK: TourCommand = { name: 'back' };

/** What keys do while the tour has the keyboard; they are named as the console names them. */
const KEYS: Readonly<Record<string, TourCommand>> = {
  space: NEXT,
  right: NEXT,
  l: NEXT,
  enter: NEXT,
  pagedown: NEXT,
  left: BACK,
  h: BACK,
  pageup: BACK,
  p: { name: 'pause' },
  a: { name: 'auto' },
  r: { name: 'again' },
  s: { name: 'skip' },
  n: { name: 'notes' },
  '.': { name: 'blank' },
  e: { name: 'explore' },
  R: { name: 'restart' },
  c: { name: 'overlay', overlay: 'chapters' },
  '?': { name: 'overlay', overlay: 'help' },
  q: { name: 'overlay', overlay: 'quit' },
};

/** What every key of the tour does: keys as they are shown, and a line. */
export const KEY_HELP: readonly (readonly [string, string])[] = [
  ['space, Enter, →, l, PgDn', 'next: shows the command, runs it, goes on'],
  ['←, h, PgUp', 'back in the notes; nothing is undone'],
  ['number G', 'to a chapter; 0G is the opening'],
  ['number o', 'opens a question'],
  ['c', 'the chapters'],
  ['r', 'the action again'],
  ['s', 'leave the action out'],
  ['R', 'start the server anew, ready for this chapter'],
  ['a', 'play by itself, or stop'],
  ['p', 'pause: the clock and playing by itself stop, runs go on'],
  ['n', 'the notes on this screen'],
  ['.', 'blank the screen'],
  ['e', 'explore with all keys of the console; Ctrl-T comes back'],
  ['q, Ctrl-C', 'end the tour, after a question; Ctrl-C twice ends it at once'],
];

/**
 * What a key means now; undefined: nothing. While the console has the keyboard that is Ctrl-T alone.
 */
export function commandOfKey(key: string, state: TourState): TourCommand | undefined {
  if (key === 'ctrl-t') return { name: 'explore', on: false };
  if (state.owner === 'console') return undefined;
  if (state.overlay === 'quit') {
    return key === 'y' || key === 'ctrl-c' ? { name: 'quit' } : { name: 'overlay', overlay: 'none' };
  }
  if (key === 'ctrl-c') return { name: 'overlay', overlay: 'quit' };
  if (/^[0-9]$/.test(key)) return { name: 'digit', digit: key };
  if (state.digits !== '') {
    const number = Number(state.digits);
    if (key === 'G' || (key === 'enter' && state.overlay === 'chapters')) return { name: 'goto', chapter: number };
    if (key === 'o') return { name: 'question', number };
    if (key === 'esc') return { name: 'overlay', overlay: state.overlay };
  }
  if (state.overlay !== 'none') {
    const closes = key === 'esc' || KEYS[key] === NEXT || isOpener(key, state.overlay);
    if (closes) return { name: 'overlay', overlay: 'none' };
  }
  // Whatever blanks the screen, the next key of the presenter shows it again.
  if (state.blank && KEYS[key] !== undefined && key !== 'q') return { name: 'blank', on: false };
  return KEYS[key];
}

function isOpener(key: string, overlay: TourState['overlay']): boolean {
  const command = KEYS[key];
  return command?.name === 'overlay' && command.overlay === overlay;
}

/** The keys to be told about now, the most important first. */
export function offeredKeys(state: TourState, ownServer: boolean): readonly OfferedKey[] {
  if (state.owner === 'console') return [{ key: 'Ctrl-T', label: 'back', command: 'explore' }];
  const { stage } = state;
  const explore: OfferedKey = { key: 'e', label: 'explore', command: 'explore' };
  const restart: readonly OfferedKey[] = ownServer ? [{ key: 'R', label: 'restart', command: 'restart' }] : [];
  const skip: OfferedKey = { key: 's', label: 'skip', command: 'skip' };
  switch (stage) {
    case 'ready':
      return [{ key: 'space', label: 'begin', command: 'next' }];
    case 'shown':
      return [{ key: 'space', label: 'show the command', command: 'next' }, skip, explore];
    case 'armed':
      return [{ key: 'space', label: 'run it', command: 'next' }, skip, explore];
    case 'running':
      return [skip, explore];
    case 'preparing':
      return [skip, ...restart];
    case 'failed':
      return [{ key: 'r', label: 'again', command: 'again' }, skip, explore, ...restart];
    case 'done':
      return [{ key: 'space', label: 'next', command: 'next' }, { key: 'h', label: 'back', command: 'back' }, explore];
    case 'ended':
      return [];
  }
}
