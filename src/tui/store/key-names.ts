/** The first key of each action as it is shown, by the action's id. */
export type KeyNames = ReadonlyMap<string, string>;

/** What of the console's state `keyFor` looks at. */
interface HasKeyNames {
  readonly settings: { readonly keyNames: KeyNames };
}

/** The key of an action, for a text that names it: whoever has given it another key reads that one. */
export function keyFor({ settings }: HasKeyNames, actionId: string): string {
  return settings.keyNames.get(actionId) ?? actionId;
}
