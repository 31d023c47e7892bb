import type { ConsoleEffects } from '../actions/effects.ts';
import type { Action, Registry } from '../keys/registry.ts';
import { offered } from '../keys/registry.ts';
import { emptyField, insert } from '../store/field.ts';
import type { ConsoleState, PromptState } from '../store/state.ts';
import type { Command } from './commands.ts';
import { COMMANDS, commandsFor } from './commands.ts';

/** One way to go on with what was typed. */
export interface Choice {
  /** The line that it makes. */
  readonly text: string;
  /** What it does; empty: what is typed says it. */
  readonly help: string;
}

/** A typed line in its two parts. `operand` is undefined as long as the name is not ended by a blank. */
export function partsOf(line: string): { readonly name: string; readonly operand: string | undefined } {
  const [, name = '', blank = '', operand = ''] = /^\s*(\S*)(\s*)(.*)$/.exec(line) ?? [];
  return { name: name.toLowerCase(), operand: blank === '' ? undefined : operand.trimEnd() };
}

/** The command of that name, in any case. */
export function commandNamed(name: string): Command | undefined {
  return COMMANDS.find((command) => command.name === name.toLowerCase());
}

/** Actions that can be named in a command line: not those that only answer to something that is open. */
export function isNamed({ group, scopes, id }: Action<ConsoleEffects>): boolean {
  const isReached = scopes.includes('main') || scopes.includes('everywhere');
  return isReached && group !== 'Inner' && group !== 'Dialog' && id !== 'palette.open';
}

/** The ways to go on with a line: commands first, then the other actions by their ids; behind a name what may follow it. */
export function choicesFor(line: string, registry: Registry<ConsoleEffects>, state: ConsoleState): readonly Choice[] {
  const { name, operand } = partsOf(line);
  const commands = commandsFor(registry, state);
  if (operand !== undefined) {
    const command = commands.find((one) => one.name === name);
    const wanted = operand.toLowerCase();
    const operands = command?.operands?.(state) ?? [];
    return operands
      .filter((one) => one.toLowerCase().startsWith(wanted))
      .map((one) => ({ text: `${name} ${one}`, help: '' }));
  }
  const named = commands.filter((command) => command.name.startsWith(name));
  const taken = new Set(commands.map(({ actionId }) => actionId));
  const actions = offered(registry, 'main', state).filter(
    (action) => isNamed(action) && !taken.has(action.follows ?? action.id) && isCalled(action, name),
  );
  return [
    ...named.map(({ name: text, operand: behind, help }) => ({ text: behind === '' ? text : `${text} `, help })),
    ...actions.map(({ id, label, help }) => ({ text: id, help: `${label}: ${help}` })),
  ];
}

function isCalled({ id, label }: Action<ConsoleEffects>, name: string): boolean {
  return id.startsWith(name) || label.toLowerCase().startsWith(name);
}

/** The line whose choices are shown: what was typed, whatever Tab has made of it. */
export function stemOf({ field, tabbed }: PromptState): string {
  return tabbed?.stem ?? field.text;
}

/** Tab: first what all choices begin with, then one choice after the other. @param by -1: the other way round */
export function completed(prompt: PromptState, choices: readonly Choice[], by: 1 | -1): PromptState {
  const { tabbed, field } = prompt;
  const texts = choices.map(({ text }) => text);
  const [only] = texts;
  if (only === undefined) return prompt;
  const common = texts.length === 1 ? only : commonStart(texts);
  if (tabbed === undefined && common.length > field.text.trimStart().length) return withLine(prompt, common);
  if (texts.length === 1) return prompt;
  const before = tabbed?.at ?? (by > 0 ? -1 : 0);
  const at = (before + by + texts.length) % texts.length;
  return { ...withLine(prompt, texts[at] ?? ''), tabbed: { stem: stemOf(prompt), at } };
}

/** Up and down: through what was typed before, the newest first; below the newest is what was typed now. */
export function recalled(prompt: PromptState, history: readonly string[], by: 1 | -1): PromptState {
  const from = prompt.recalled ?? -1;
  const at = Math.max(-1, Math.min(history.length - 1, from + by));
  if (at === from) return prompt;
  const draft = from < 0 ? prompt.field.text : prompt.before;
  const line = at < 0 ? draft : (history[at] ?? '');
  return { ...withLine(prompt, line), before: draft, ...(at < 0 ? {} : { recalled: at }) };
}

function withLine({ kind, before }: PromptState, line: string): PromptState {
  const field = insert(emptyField, line.trimEnd());
  return { kind, before, field: line.endsWith(' ') ? insert(field, ' ') : field };
}

/** What all of them begin with, in whichever case. */
function commonStart([first = '', ...others]: readonly string[]): string {
  let length = first.length;
  for (const other of others) {
    while (!other.toLowerCase().startsWith(first.slice(0, length).toLowerCase())) length -= 1;
  }
  return first.slice(0, length);
}
