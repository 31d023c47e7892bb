import type { ListKey } from './place.ts';

const COMPARES = /^\s*[A-Za-z_][\w.-]*\s*!?=/;

/** The fields that a filter can name with a colon; undefined: the server is not asked for that list. */
const HAS: Readonly<Record<'machines' | ListKey, RegExp | undefined>> = {
  machines: /^\s*(labels\.[^\s:]+|machine_id|phase|effective_state|rack|provider|cluster|source|[A-Z][A-Za-z]+)\s*:/,
  runs: /^\s*(run_id|machine_id|phase|type|plan_id|initiated_by)\s*:/,
  events: /^\s*(machine_id|run_id|plan_id|subject|kind|actor|request_id|method|server)\s*:/,
  plans: undefined,
  machineRuns: undefined,
};

/**
 * Whether a filter is written in the server's grammar and not free text. A colon alone is no sign of it: MAC addresses are
 * looked for as well.
 *
 * @param of what is filtered
 */
export function isServerFilter(of: 'machines' | ListKey, filter: string): boolean {
  const has = HAS[of];
  return has !== undefined && (COMPARES.test(filter) || has.test(filter));
}

/** Tells whether a text, in lower case, has every word of a filter that is free text. */
export function matcherOf(filter: string): (text: string) => boolean {
  const words = filter.toLowerCase().split(/\s+/);
  return (text) => words.every((word) => text.includes(word));
}
