import type { Action } from '../keys/registry.ts';
import { copiedOf } from '../store/copied.ts';
import type { ConsoleEffects } from './effects.ts';

/** Taking something along to elsewhere. */
export const copyActions: readonly Action<ConsoleEffects>[] = [
  {
    id: 'copy.this',
    keys: ['y'],
    label: 'copy',
    help: 'the id of the machine (or of all that are marked) or of the run; in the log all lines that it shows',
    group: 'Rest',
    scopes: ['main'],
    footer: 15,
    disabledReason: (state) => (copiedOf(state) === undefined ? 'there is nothing here to copy' : undefined),
    run: ({ store, effects }) => {
      const copied = copiedOf(store.getState());
      if (copied !== undefined) effects.copy(copied);
    },
  },
];
