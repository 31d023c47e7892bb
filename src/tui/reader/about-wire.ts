import { callLines, callTook, shortMethod } from '../format/call-lines.ts';
import { lineText } from '../format/segment.ts';
import { count } from '../format/words.ts';
import type { ConsoleState } from '../store/state.ts';
import { chosenCall } from '../store/wire.ts';
import { spoken } from './words.ts';

/** Wider than nearly everything in a call: what is longer goes on in another line. */
const WIDTH = 1_000;

/** Where somebody has gone among the calls on the wire. What goes on in those that are open is not told by itself. */
export function wireNews({ wire: was }: ConsoleState, after: ConsoleState): readonly string[] {
  const { wire } = after;
  if (!wire.open) return was.open ? ['The calls are closed.'] : [];
  const lines = was.open ? [] : ['Calls on the wire, the newest first. Enter reads one, Esc leads back.'];
  if (wire.closely?.id !== was.closely?.id) return [...lines, ...wireSentences(after)];
  return wire.selection.id === was.selection.id ? lines : [...lines, ...callSentence(after)];
}

/** The call under the cursor in short, or all of the one that is looked at closely. */
export function wireSentences(state: ConsoleState): readonly string[] {
  const { closely, target } = state.wire;
  if (closely === undefined || target === undefined) return callSentence(state);
  return callLines(closely, target, WIDTH, state.clock.now)
    .map((line) => spoken(lineText(line)))
    .filter((line) => line !== '');
}

function callSentence({ wire, clock }: ConsoleState): readonly string[] {
  const call = chosenCall(wire);
  if (call === undefined) return ['There is no call so far.'];
  const { method, status, kind, messages } = call;
  const took = callTook(call, clock.now);
  const parts = [
    shortMethod(method),
    `${wire.selection.row + 1} of ${wire.calls.length}`,
    status === null ? `open for ${took}` : `${status} after ${took}`,
    ...(kind === 'stream' ? [count(messages, 'message')] : []),
  ];
  return [parts.join(', ')];
}
