import { z } from 'zod';

/*
 * The words of the plan schema. YAML is read as text alone, so that `version: 1.30` says what is written; each word here makes
 * of a text what it stands for. `meta` is what the published JSON schema says instead.
 */

/** Reads a text by a function that knows its form; null where it does not have it. */
function readBy<T>(read: (text: string) => T | null, must: string, meta: object) {
  return z
    .unknown()
    .transform((value, context): T => {
      const found = typeof value === 'string' ? read(value) : null;
      if (found !== null) return found;
      context.addIssue(must);
      return z.NEVER;
    })
    .meta({ ...meta })
    .optional();
}

/** A text; numbers and the like are taken as they are written. */
export function text() {
  return readBy((written) => written, 'must be a text', { type: ['string', 'number', 'boolean'] });
}

/** A number; whether it is in its bounds is not looked at here. */
export function number(meta: {
  readonly type: 'integer' | 'number';
  readonly minimum: number;
  readonly maximum: number;
}) {
  const read = (written: string) => (/^-?\d{1,15}(\.\d{1,9})?$/.test(written) ? Number(written) : null);
  const must = meta.type === 'integer' ? 'must be a whole number' : 'must be a number';
  return readBy(read, `${must} from ${meta.minimum} to ${meta.maximum}`, meta);
}

/** Yes or no. */
export function yes() {
  const read = (written: string) => (written === 'true' ? true : written === 'false' ? false : null);
  return readBy(read, 'must be true or false', { type: 'boolean' });
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A time, in milliseconds. */
export function span() {
  const read = (written: string) => {
    const match = /^(\d{1,8}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(written);
    return match === null ? null : Math.round(Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0));
  };
  const pattern = '^\\d{1,8}(\\.\\d{1,3})?(ms|s|m|h)$';
  return readBy(read, 'must be a time such as 500ms, 10s or 1.5m', { type: 'string', pattern });
}

/** One of a few words. */
export function oneWordOf<const Word extends string>(words: readonly [Word, ...Word[]]) {
  const read = (written: string) => words.find((word) => word === written) ?? null;
  return readBy(read, `must be ${words.join(' or ')}`, { enum: [...words] });
}

/** A map with these keys and no others. */
export function map<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? 'must be a map' : undefined),
  });
}

/** A map of texts, under whatever keys. */
export function textMap() {
  return z.record(z.string(), text().unwrap(), { error: () => 'must be a map of texts' }).optional();
}

/** A list. */
export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: () => 'must be a list' }).optional();
}
