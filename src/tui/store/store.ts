import type { StoreApi } from 'zustand/vanilla';
import { createStore } from 'zustand/vanilla';
import type { ConsoleState, InitialState } from './state.ts';
import { initialState } from './state.ts';

/** Holds the state of one console. Changed by the functions of update.ts alone. */
export type ConsoleStore = StoreApi<ConsoleState>;

/** A store before anything is known. */
export function createConsoleStore(initial: InitialState): ConsoleStore {
  return createStore(() => initialState(initial));
}
