/*
 * How much of an error fits into a trailer. Clients refuse trailers that are too long (the C core from 8 KiB on, others
 * later), and what is refused is the error itself, so long texts and lists are cut before they are sent.
 */

/** Bytes of a trailer that message and details may fill, as percent and base64 encoding make them. */
const MAX_TRAILER = 7_900;

/** The longest message, in bytes of its percent encoding. */
export const MAX_MESSAGE = 2_048;

const MAX_TEXT = 512;
const MAX_LIST = 2_500;
const MAX_ENTRIES = 1_024;

/** How many bytes the details may have beside that message, which is in the trailer twice. */
export function detailsBudget(message: string): number {
  return Math.floor(((MAX_TRAILER - encodedSize(message)) * 3) / 4) - Buffer.byteLength(message);
}

/**
 * The text, well-formed and at most `max` bytes in percent encoding; one that is cut ends in `…`.
 * (grpc-js puts messages through encodeURI, which throws on half a surrogate pair where nothing catches it.)
 */
export function cut(text: string, max = MAX_TEXT): string {
  const whole = text.toWellFormed();
  if (encodedSize(whole) <= max) return whole;
  let kept = '';
  let used = encodedSize('…');
  for (const character of whole) {
    used += encodedSize(character);
    if (used > max) break;
    kept += character;
  }
  return `${kept}…`;
}

/** As many items as fit, each cut by `cutItem`; where some are left out, a last one made by `rest` says how many. */
export function cutList<T extends object>(
  items: readonly T[],
  cutItem: (item: T) => T,
  rest: (sentence: string) => T,
): T[] {
  const kept: T[] = [];
  let used = 0;
  for (const item of items) {
    const next = cutItem(item);
    used += encodedSize(Object.values(next).join());
    if (used > MAX_LIST) return [...kept, rest(`and ${items.length - kept.length} more`)];
    kept.push(next);
  }
  return kept;
}

/** The first entries that fit, their values cut. */
export function cutEntries(entries: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = {};
  let used = 0;
  for (const [key, value] of Object.entries(entries)) {
    const text = cut(value);
    used += encodedSize(key) + encodedSize(text);
    if (used > MAX_ENTRIES) break;
    kept[key] = text;
  }
  return kept;
}

function encodedSize(text: string): number {
  return encodeURI(text.toWellFormed()).length;
}
