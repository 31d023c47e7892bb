/** The longest log line, in bytes of UTF-8; a longer one becomes several. */
export const MAX_LINE_BYTES = 16 * 1024;

const encoder = new TextEncoder();

/** The lines of a text as UTF-8 without line ends, each at most 16 KiB, cut between characters. An empty text is one empty line. */
export function splitLine(text: string): readonly Uint8Array[] {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  return lines.flatMap((line) => cut(encoder.encode(line)));
}

function cut(bytes: Uint8Array): readonly Uint8Array[] {
  if (bytes.length <= MAX_LINE_BYTES) return [bytes];
  const parts: Uint8Array[] = [];
  let start = 0;
  while (start < bytes.length) {
    let end = Math.min(start + MAX_LINE_BYTES, bytes.length);
    while (end < bytes.length && isContinuation(bytes[end])) end -= 1;
    parts.push(bytes.subarray(start, end));
    start = end;
  }
  return parts;
}

/** True inside a character of several bytes (RFC 3629: 10xxxxxx). */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
