import type { Action, ActionContext } from '../keys/registry.ts';
import { copiedOf } from '../store/copied.ts';
import type { ConsoleState } from '../store/state.ts';
import type { ConsoleEffects } from './effects.ts';

/** Taking something along to elsewhere. */
export const copyActions: readonly Action<ConsoleEffects>[] = [
  {
    id: 'copy.this',
    keys: ['y'],
    label: 'copy',
    help: 'the id, all marked ids, the log lines, the plan or the event',
    group: 'Rest',
    scopes: ['main'],
    footer: 10,
    disabledReason: nothingReason,
    run: copy,
  },
  {
    id: 'copy.command',
    keys: ['y'],
    follows: 'copy.this',
    label: 'copy grpcurl',
    help: 'the command that makes the same call',
    group: 'Inner',
    scopes: ['wire'],
    footer: 3,
    disabledReason: nothingReason,
    run: copy,
  },
];

function nothingReason(state: ConsoleState): string | undefined {
  return copiedOf(state) === undefined ? 'there is nothing here to copy' : undefined;
}

function copy({ store, effects }: ActionContext<ConsoleEffects>): void {
  const copied = copiedOf(store.getState());
  if (copied !== undefined) effects.copy(copied);
}
