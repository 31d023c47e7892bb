import { usageFailure } from './failure.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `10m`, `1h30m`, `2d`, with blanks between and `ago` behind where somebody likes it so. */
const AGO = /^(?:\d+\s*[smhd]\s*)+(?:ago)?$/;

/**
 * A date, a time of day with it, and its zone; what is missing is midnight, and the zone of this machine.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3339
 */
const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(Z|[+-]\d{2}:\d{2})?)?$/i;

/** The time that somebody wrote, in milliseconds since 1970; null where it is none. */
export function parseTime(text: string, now: number): number | null {
  const written = text.trim();
  if (written === 'now') return now;
  if (AGO.test(written)) {
    const parts = [...written.matchAll(/(\d+)\s*([smhd])/g)];
    return now - parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0);
  }
  const match = DATE.exec(written);
  if (match === null) return null;
  const [, date = '', time = '00:00', zone = ''] = match;
  const at = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  // A day that no month has is not the first of the next one.
  return Number.isNaN(at) || !isDay(date) ? null : at;
}

/** The time that an option was given; undefined where it was not. @throws CommandFailure where it is none */
export function timeOption(flag: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const at = parseTime(text, now);
  if (at !== null) return at;
  throw usageFailure(
    `${flag} must be how long ago, as 10m or 2h ago, or a time, as 2026-11-22T21:00:00Z; it is "${text}"`,
  );
}

function isDay(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}
