import { styleText } from 'node:util';
import type { Io, Output } from './io.ts';

/** What a text is, as far as its colour goes; never the only thing that tells it. */
export type Tone = 'plain' | 'muted' | 'strong' | 'ok' | 'busy' | 'warn' | 'error';

/** Colours a text, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string;

const STYLES: Readonly<Record<Exclude<Tone, 'plain'>, Parameters<typeof styleText>[0]>> = {
  muted: 'dim',
  strong: 'bold',
  ok: 'green',
  busy: 'cyan',
  warn: 'yellow',
  error: 'red',
};

/** Leaves every text as it is. */
export const plainPaint: Paint = (_tone, text) => text;

const colourPaint: Paint = (tone, text) =>
  tone === 'plain' || text === '' ? text : styleText(STYLES[tone], text, { validateStream: false });

/**
 * How to colour what goes to `output`: on a terminal alone, and not where somebody said no.
 *
 * @param color what the settings say; undefined where they say nothing
 * @see https://no-color.org
 */
export function paintFor(output: Output, io: Io, color: boolean | undefined): Paint {
  if (color === false || !output.isTerminal) return plainPaint;
  if (color === undefined && ((io.env.NO_COLOR ?? '') !== '' || io.env.TERM === 'dumb')) return plainPaint;
  return colourPaint;
}
