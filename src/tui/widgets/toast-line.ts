import type { Line } from '../format/segment.ts';
import type { Toast } from '../store/state.ts';
import type { Glyphs } from '../theme/glyphs.ts';

/** How long a toast stays, in ms: what went wrong takes longer to read. */
export const TOAST_MS: Readonly<Record<Toast['tone'], number>> = { ok: 4_000, info: 4_000, warn: 7_000, error: 9_000 };

const GLYPHS = { ok: 'done', info: 'info', warn: 'attention', error: 'failed' } as const;
const TONES = { ok: 'ok', info: 'accent', warn: 'warn', error: 'error' } as const;

/** A toast as a line: its sign, and what it says. */
export function toastLine({ tone, text }: Toast, glyphs: Glyphs): Line {
  return [{ text: `${glyphs[GLYPHS[tone]]} ${text}`, tone: TONES[tone] }];
}
