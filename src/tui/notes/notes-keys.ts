import { Command } from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import type { Key } from '../keys/chunk.ts';
import type { NotesRequest } from './source.ts';

/** What a key of the notes screen does. `digits`: the number that has been typed so far. */
export type NotesAct =
  | { readonly kind: 'send'; readonly request: NotesRequest }
  | { readonly kind: 'digits'; readonly digits: string }
  | { readonly kind: 'quit' }
  | { readonly kind: 'nothing' };

const COMMANDS: Readonly<Record<Key, Command>> = {
  space: Command.NEXT,
  right: Command.NEXT,
  l: Command.NEXT,
  enter: Command.NEXT,
  pagedown: Command.NEXT,
  left: Command.BACK,
  h: Command.BACK,
  pageup: Command.BACK,
  p: Command.PAUSE,
  a: Command.AUTO,
  r: Command.AGAIN,
  s: Command.SKIP,
  n: Command.NOTES,
  '.': Command.BLANK,
  e: Command.EXPLORE,
  'ctrl-t': Command.EXPLORE,
  R: Command.RESTART,
};

/** The keys as the last row tells them. */
export const NOTES_KEYS =
  'space next · h back · r again · s skip · N G chapter · N o question · p pause · a auto · . blank · e explore · R restart · q leave';

/** What a key does: the same as on the tour's own screen, but q, which leaves the notes and not the tour. */
export function actOf(key: Key, digits: string): NotesAct {
  if (key === 'q' || key === 'ctrl-c') return { kind: 'quit' };
  if (/^[0-9]$/.test(key)) return { kind: 'digits', digits: `${digits}${key}`.slice(-2) };
  if (digits !== '') {
    const number = Number(digits);
    if (key === 'G') return { kind: 'send', request: { command: Command.GOTO, chapter: number } };
    if (key === 'o') return { kind: 'send', request: { command: Command.QUESTION, question: number } };
    if (key === 'esc') return { kind: 'digits', digits: '' };
  }
  const command = COMMANDS[key];
  if (command === undefined) return { kind: 'nothing' };
  // Ctrl-T only ever comes back.
  return { kind: 'send', request: key === 'ctrl-t' ? { command, on: false } : { command } };
}
