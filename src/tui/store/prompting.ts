import { emptyField, insert } from './field.ts';
import type { ConsoleState } from './state.ts';
import { withUi } from './update.ts';

/**
 * The state with the line open in which commands are typed.
 *
 * @param name the command that is in it already, with the blank behind it
 */
export function openCommand(state: ConsoleState, name = ''): ConsoleState {
  const field = name === '' ? emptyField : insert(insert(emptyField, name), ' ');
  return withUi(state, { prompt: { kind: 'command', field, before: '' }, toast: undefined });
}
