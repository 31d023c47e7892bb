import { cellWidth, ellipsis, fitCells, wrap } from '../format/cells.ts';
import type { Line, Segment } from '../format/segment.ts';
import { fitLine, lineWidth } from '../format/segment.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import type { Tone } from '../theme/theme.ts';
import type { GuestView } from './guest.ts';

/** Cells beside the texts, on the left. */
const MARGIN = 1;

/** Between two things of a line. */
const GAP = '  ';

/** Tones of what went wrong: it is read whole, even if nothing else is. */
const TROUBLE: ReadonlySet<Tone> = new Set(['error', 'warn']);

/**
 * The strip of a guest: who has the keyboard, the part and how it stands; below it the command and the next keys. What went
 * wrong takes the place of the part and of the command where it needs it.
 */
export function stripLines(view: GuestView, width: number, glyphs: Glyphs): readonly Line[] {
  const room = Math.max(1, width - MARGIN);
  const lines = troubleLines(view, room, glyphs) ?? [
    headLine(view, room, glyphs),
    lowerLine({ text: view.command === '' ? '' : `$ ${view.command}`, tone: 'accent' }, view, room, glyphs),
  ];
  return lines.map((line) => [{ text: ' '.repeat(MARGIN) }, ...line]);
}

/** What went wrong, over both lines; null where nothing did, or where one line has room for it. */
function troubleLines(view: GuestView, room: number, glyphs: Glyphs): readonly Line[] | null {
  const { text, tone } = view.status;
  if (!TROUBLE.has(tone) || lineWidth(headOf(view)) + GAP.length + cellWidth(text) <= room) return null;
  const badge = badgeOf(view);
  const upper = wrap(text, room - cellWidth(badge.text) - GAP.length, Number.MAX_SAFE_INTEGER)[0] ?? '';
  return [
    fitLine([badge, { text: GAP }, { text: upper, tone }], room, glyphs.ellipsis),
    lowerLine({ text: text.slice(upper.length).trimStart(), tone }, view, room, glyphs),
  ];
}

function badgeOf({ owner, badge }: GuestView): Segment {
  return { text: badge, tone: owner === 'guest' ? 'ok' : 'warn' };
}

function headOf(view: GuestView): Line {
  return [
    badgeOf(view),
    { text: GAP },
    ...(view.count === '' ? [] : [{ text: `${view.count}${GAP}`, tone: 'muted' as const }]),
    { text: view.title, tone: 'strong' },
  ];
}

function headLine(view: GuestView, room: number, glyphs: Glyphs): Line {
  const { status } = view;
  const left = headOf(view);
  if (status.text === '') return fitLine(left, room, glyphs.ellipsis);
  const rest = room - lineWidth(left) - GAP.length;
  if (rest < 12) return fitLine([...left, { text: GAP }, status], room, glyphs.ellipsis);
  return [...left, { text: GAP }, { text: fitCells(status.text, rest, 'right', glyphs.ellipsis), tone: status.tone }];
}

/** A text and the next keys. The next key is never cut away: the text gives way to it. */
function lowerLine({ text, tone = 'text' }: Segment, { keys }: GuestView, room: number, glyphs: Glyphs): Line {
  const hints: Line = keys.flatMap(
    ({ key, label }, at): Line => [{ text: at === 0 ? '' : GAP }, { text: key, tone: 'key' }, { text: ` ${label}` }],
  );
  const kept = text === '' ? 0 : Math.min(cellWidth(text) + GAP.length, Math.floor(room / 2));
  const shown = fitHints(hints, Math.max(0, room - kept));
  const left = room - lineWidth(shown) - (text === '' ? 0 : GAP.length);
  return [
    { text: fitCells(ellipsis(text, left, glyphs.ellipsis), Math.max(0, left)), tone },
    ...(text === '' ? [] : [{ text: GAP }]),
    ...shown,
  ];
}

/** As many whole hints, each of three pieces, as fit; the first one stays in any case. */
function fitHints(hints: Line, room: number): Line {
  let shown = hints;
  while (shown.length > 3 && lineWidth(shown) > room) shown = shown.slice(0, -3);
  return shown;
}
