/** What of the environment decides about colour. */
export interface ColourEnvironment {
  readonly NO_COLOR?: string | undefined;
  readonly FORCE_COLOR?: string | undefined;
  readonly COLORTERM?: string | undefined;
  readonly TERM?: string | undefined;
  readonly CI?: string | undefined;
}

/**
 * What FORCE_COLOR has to be before Ink is loaded; undefined: leave it. Ink's colour library knows nothing of NO_COLOR, and
 * takes a terminal for none where CI is set.
 *
 * @see https://no-color.org
 */
export function forcedColour(env: ColourEnvironment): '0' | '1' | '2' | '3' | undefined {
  if ((env.NO_COLOR ?? '') !== '') return '0';
  if (env.FORCE_COLOR !== undefined || env.CI === undefined) return undefined;
  if (/^(truecolor|24bit)$/.test(env.COLORTERM ?? '')) return '3';
  return /256/.test(env.TERM ?? '') ? '2' : '1';
}
