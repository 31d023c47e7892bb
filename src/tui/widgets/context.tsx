import { createContext, useContext, useRef } from 'react';
import { useStore } from 'zustand';
import type { ConsoleEffects } from '../actions/effects.ts';
import type { Registry } from '../keys/registry.ts';
import type { Narrator } from '../reader/narrator.ts';
import type { ConsoleState } from '../store/state.ts';
import type { ConsoleStore } from '../store/store.ts';
import type { Theme } from '../theme/theme.ts';
import { themeOf } from '../theme/themes.ts';
import type { ConsoleGuest } from '../tour/guest.ts';

/** What every part of a console needs. */
export interface ConsoleParts {
  readonly store: ConsoleStore;
  readonly registry: Registry<ConsoleEffects>;
  readonly effects: ConsoleEffects;
  /** Says what would be shown; nobody unless somebody listens. */
  readonly narrator?: Narrator | undefined;
  /** Who uses the console as a stage. */
  readonly guest?: ConsoleGuest | undefined;
}

/** Hands the console's parts down. */
export const ConsoleContext = createContext<ConsoleParts | undefined>(undefined);

/** The console that a component belongs to. */
export function useParts(): ConsoleParts {
  const parts = useContext(ConsoleContext);
  if (parts === undefined) throw new Error('a part of the console was drawn outside of it');
  return parts;
}

/**
 * What a component reads off the state. It is drawn again only when that is another value, by `same` if given: a picture
 * that comes out the same costs nothing.
 */
export function useConsole<Value>(
  read: (state: ConsoleState) => Value,
  same: (a: Value, b: Value) => boolean = Object.is,
): Value {
  const last = useRef<{ readonly value: Value } | undefined>(undefined);
  return useStore(useParts().store, (state) => {
    const value = read(state);
    if (last.current !== undefined && same(last.current.value, value)) return last.current.value;
    last.current = { value };
    return value;
  });
}

const themes = new Map<string, Theme>();

/** The theme that is set. */
export function useTheme(): Theme {
  return useConsole(themeOfState);
}

/** The theme of a state: the same object for the same settings. */
export function themeOfState({ settings }: ConsoleState): Theme {
  const name = `${settings.theme}/${settings.ascii}`;
  const known = themes.get(name);
  if (known !== undefined) return known;
  const theme = themeOf(settings.theme, settings.ascii);
  themes.set(name, theme);
  return theme;
}
