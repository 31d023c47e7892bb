import { ellipsis, fitCells } from '../format/cells.ts';
import type { Line } from '../format/segment.ts';
import { fitLine, lineWidth } from '../format/segment.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import type { GuestView } from './guest.ts';

/** Cells beside the texts, on the left. */
const MARGIN = 1;

/** The strip of a guest: who has the keyboard, the part and how it stands; below it the command and the next keys. */
export function stripLines(view: GuestView, width: number, glyphs: Glyphs): readonly Line[] {
  const room = Math.max(1, width - MARGIN);
  return [headLine(view, room, glyphs), commandLine(view, room, glyphs)].map((line) => [
    { text: ' '.repeat(MARGIN) },
    ...line,
  ]);
}

function headLine({ owner, badge, count, title, status }: GuestView, room: number, glyphs: Glyphs): Line {
  const left: Line = [
    { text: badge, tone: owner === 'guest' ? 'ok' : 'warn' },
    { text: '  ' },
    ...(count === '' ? [] : [{ text: `${count}  `, tone: 'muted' as const }]),
    { text: title, tone: 'strong' },
  ];
  if (status.text === '') return fitLine(left, room, glyphs.ellipsis);
  const rest = room - lineWidth(left) - 2;
  if (rest < 12) return fitLine([...left, { text: '  ' }, status], room, glyphs.ellipsis);
  return [...left, { text: '  ' }, { text: fitCells(status.text, rest, 'right', glyphs.ellipsis), tone: status.tone }];
}

/** The next key is never cut away: the command gives way to it. */
function commandLine({ command, keys }: GuestView, room: number, glyphs: Glyphs): Line {
  const hints: Line = keys.flatMap(
    ({ key, label }, at): Line => [{ text: at === 0 ? '' : '  ' }, { text: key, tone: 'key' }, { text: ` ${label}` }],
  );
  const shown = fitHints(
    hints,
    Math.max(0, room - (command === '' ? 0 : Math.min(command.length + 4, Math.floor(room / 2)))),
  );
  const left = room - lineWidth(shown) - (command === '' ? 0 : 2);
  const text = command === '' ? '' : `$ ${command}`;
  return [
    { text: fitCells(ellipsis(text, left, glyphs.ellipsis), Math.max(0, left)), tone: 'accent' },
    ...(command === '' ? [] : [{ text: '  ' }]),
    ...shown,
  ];
}

/** As many whole hints, each of three pieces, as fit; the first one stays in any case. */
function fitHints(hints: Line, room: number): Line {
  let shown = hints;
  while (shown.length > 3 && lineWidth(shown) > room) shown = shown.slice(0, -3);
  return shown;
}
