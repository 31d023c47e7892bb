import { z } from 'zod';
import type { Keep } from '../../core/ports/retention.ts';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

const MUST = 'must be an age as 30d, a number as 100000, both as 30d,100000, or all';

/** How much of something is kept: `30d`, `100000`, `30d,100000`, or `all`. */
export const keep = z.union([z.string(), z.number()], MUST).transform((given, context): Keep => {
  const read = parseKeep(String(given));
  if (read !== null) return read;
  context.addIssue({ code: 'custom', message: MUST });
  return z.NEVER;
});

function parseKeep(text: string): Keep | null {
  if (text.trim() === 'all') return { ageMs: null, count: null };
  let ageMs: number | null = null;
  let count: number | null = null;
  for (const part of text.split(',').map((word) => word.trim())) {
    const age = /^([1-9]\d{0,4})([mhd])$/.exec(part);
    if (age !== null && ageMs === null) ageMs = Number(age[1]) * (UNITS[age[2] ?? ''] ?? 0);
    else if (/^\d{1,9}$/.test(part) && count === null) count = Number(part);
    else return null;
  }
  return { ageMs, count };
}

/** As somebody writes it: the text that means this. */
export function keepText({ ageMs, count }: Keep): string {
  const age = ageMs === null ? [] : [`${ageMs / 86_400_000}d`];
  const parts = [...age, ...(count === null ? [] : [String(count)])];
  return parts.length === 0 ? 'all' : parts.join(',');
}
