import { emitKeypressEvents } from 'node:readline';
import type { ReadStream } from 'node:tty';
import type { Director } from '../../tour/director/director.ts';
import type { TourCommand } from '../../tour/director/input.ts';
import { commandOfKey } from '../../tour/director/keys.ts';

/** A key as Node names it. */
interface NodeKey {
  readonly name?: string;
  readonly sequence?: string;
  readonly ctrl?: boolean;
}

const NAMES: Readonly<Record<string, string>> = { return: 'enter', escape: 'esc' };

/** The commands that need no screen to be drawn on. */
const FOR_TEXT: ReadonlySet<TourCommand['name']> = new Set([
  'next',
  'again',
  'skip',
  'restart',
  'quit',
  'goto',
  'question',
  'digit',
  'pause',
]);

/**
 * Gives the presenter's keys to a tour that is told as text, until the function that it answers is called, which gives
 * the keyboard back.
 *
 * @param note told why a key did nothing, and what is asked
 */
export function readKeys(input: ReadStream, director: Director, note: (text: string) => void): () => void {
  const onKey = (text: string | undefined, key: NodeKey) => {
    const command = commandOfKey(nameOf(text, key), director.moment.state);
    if (command === undefined) return;
    if (command.name === 'overlay') {
      if (command.overlay === 'quit') note('end the tour? y ends it, any other key goes on');
      if (command.overlay !== 'help' && command.overlay !== 'chapters') director.command(command);
      return;
    }
    if (!FOR_TEXT.has(command.name)) return;
    const refusal = director.command(command);
    if (refusal !== '') note(refusal);
    else if (command.name === 'pause') note(director.moment.state.paused ? 'paused' : 'going on');
  };
  emitKeypressEvents(input);
  input.setRawMode(true);
  input.on('keypress', onKey);
  input.resume();
  return () => {
    input.off('keypress', onKey);
    input.setRawMode(false);
    input.pause();
  };
}

/** A key as the tour names it. */
function nameOf(text: string | undefined, { name, ctrl, sequence }: NodeKey): string {
  if (ctrl === true && name !== undefined) return `ctrl-${name}`;
  if (name !== undefined && name.length > 1) return NAMES[name] ?? name;
  return text ?? sequence ?? '';
}
