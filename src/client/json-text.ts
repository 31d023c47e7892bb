import type { JsonValue } from '@bufbuild/protobuf';

/** What a terminal, or who looks at one, might take for something else: controls, and what changes directions or is not seen. */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * JSON that can be shown on a terminal and pasted into a shell: what cannot be seen is escaped, and means the same.
 *
 * @param indent blanks for each level; 0: all on one line
 */
export function jsonText(value: JsonValue, indent = 0): string {
  // The only line breaks are those between the parts: one in a string is escaped already.
  return JSON.stringify(value, null, indent).replaceAll(UNSEEN, (sign) => (sign === '\n' ? sign : escaped(sign)));
}

function escaped(sign: string): string {
  return sign
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
