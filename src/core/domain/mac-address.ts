const PAIRS = /^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/;
const QUADS = /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/;
const BARE = /^[0-9a-f]{12}$/;

/**
 * Reads a 48-bit MAC address as `aa:bb:cc:dd:ee:ff`, from any spelling in use: with colons, hyphens (IEEE 802), three groups
 * with dots (Cisco) or nothing between, in either case. Null where it is none.
 */
export function parseMac(text: string): string | null {
  const lower = text.trim().toLowerCase();
  if (!PAIRS.test(lower) && !QUADS.test(lower) && !BARE.test(lower)) return null;
  return (
    lower
      .replace(/[^0-9a-f]/g, '')
      .match(/../g)
      ?.join(':') ?? null
  );
}
