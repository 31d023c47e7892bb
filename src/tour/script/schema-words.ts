import { z } from 'zod';

/** The names of roles, runs and chapters. */
export const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** The names of files. */
export const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,57}\.(?:csv|yaml|json)$/;

/** The error for a value that is not there or not as it must be. */
export function sentence(must: string) {
  return ({ input }: { readonly input?: unknown }) => (input === undefined ? `is missing: ${must}` : must);
}

/** The error for a map whose keys have a form of their own: what a key must be, and what the map. */
export function mapError(key: string, must: string) {
  return ({ code }: { readonly code: string }) => (code === 'invalid_key' ? key : must);
}

/** Text of one paragraph: line breaks and runs of blanks count as one blank. */
export function textSchema(most: number) {
  const must = `must be text of at most ${most} characters`;
  return z
    .string({ error: sentence(must) })
    .max(most, must)
    .transform((text) => text.replaceAll(/\s+/g, ' ').trim())
    .refine((text) => text !== '', 'must not be empty');
}

/** A list with at most, and at least, so many entries. */
export function list<Item extends z.ZodType>(item: Item, most: number, least = 0) {
  const must = least === 0 ? `must be a list of at most ${most}` : `must be a list of ${least} to ${most}`;
  return z
    .array(item, { error: sentence(must) })
    .min(least, must)
    .max(most, must);
}

/** One of these words. */
export function oneWordOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, { error: sentence(`must be one of ${words.join(', ')}`) });
}

const TIME = 'must be a time such as 45s or 1.5m, at most 60m';

/** A time such as `45s` or `1.5m`, in milliseconds. */
export const timeSchema = z.string({ error: sentence(TIME) }).transform((written, context): number => {
  const match = /^(\d{1,4}(?:\.\d{1,2})?)(s|m)$/.exec(written);
  const ms = Math.round(Number(match?.[1]) * (match?.[2] === 'm' ? 60_000 : 1_000));
  if (match !== null && ms > 0 && ms <= 3_600_000) return ms;
  context.addIssue(TIME);
  return z.NEVER;
});

/**
 * A map that has exactly one of these keys; what it is goes by which.
 *
 * @param must what it must be, for the error
 */
export function exactlyOne<Shape extends z.ZodRawShape>(shape: Shape, must: string) {
  return z
    .strictObject(shape, { error: (issue) => (issue.code === 'invalid_type' ? must : undefined) })
    .partial()
    .refine((value) => Object.keys(value).length === 1, `must have exactly one of ${Object.keys(shape).join(', ')}`)
    .meta({ minProperties: 1, maxProperties: 1 });
}
