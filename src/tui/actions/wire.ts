import type { Action } from '../keys/registry.ts';
import type { ConsoleState } from '../store/state.ts';
import { chosenCall, noWire } from '../store/wire.ts';
import type { ConsoleEffects } from './effects.ts';

/** Looking at the calls that the console makes. */
export const wireActions: readonly Action<ConsoleEffects>[] = [
  {
    id: 'wire.open',
    keys: ['x'],
    label: 'calls',
    help: 'the last calls on the wire, and as grpcurl',
    group: 'Rest',
    scopes: ['main'],
    footer: 16,
    run: ({ store }) => store.setState({ wire: { ...noWire, open: true } }),
  },
  {
    id: 'wire.closely',
    keys: ['enter'],
    label: 'all of it',
    help: 'a call on the whole screen',
    group: 'Inner',
    scopes: ['wire'],
    footer: 3,
    when: ({ wire }) => wire.closely === undefined && chosenCall(wire) !== undefined,
    run: ({ store }) => store.setState(({ wire }) => ({ wire: { ...wire, closely: chosenCall(wire), top: 0 } })),
  },
  {
    id: 'wire.back',
    keys: ['esc'],
    label: 'back',
    help: 'from a call to the list, from the list to where it was opened',
    group: 'Inner',
    scopes: ['wire'],
    footer: 4,
    run: ({ store }) => store.setState(goBack),
  },
  {
    id: 'wire.close',
    keys: ['x'],
    follows: 'wire.open',
    label: 'close',
    help: 'back to where it was opened',
    group: 'Inner',
    scopes: ['wire'],
    footer: 5,
    run: ({ store }) => store.setState({ wire: noWire }),
  },
];

function goBack({ wire }: ConsoleState): Pick<ConsoleState, 'wire'> {
  return { wire: wire.closely === undefined ? noWire : { ...wire, closely: undefined } };
}
