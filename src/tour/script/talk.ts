import { readScript } from './load.ts';
import { formatScriptMistake } from './mistake.ts';
import type { Script } from './script.ts';
import { TALK_YAML } from './talk-text.ts';

/** The talk that comes with the program. */
export function builtInTalk(): Script {
  const read = readScript(TALK_YAML, 'talk.yaml');
  if (read.kind === 'script') return read.script;
  throw new Error(`the talk of the program is broken: ${read.mistakes.map(formatScriptMistake).join('; ')}`);
}
