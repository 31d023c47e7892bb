import { durationMs } from '@bufbuild/protobuf/wkt';
import type { Chapter, TourState } from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import { TourState_Owner as Owner, TourState_Stage as Stage } from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import { fitCells, wrap } from '../format/cells.ts';
import type { Line } from '../format/segment.ts';
import { lineWidth } from '../format/segment.ts';
import type { Size } from '../store/layout.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import { NOTES_KEYS } from './notes-keys.ts';
import type { NotesState } from './source.ts';

/** What of a notes screen is not its tour's. */
export interface NotesView {
  readonly size: Size;
  readonly glyphs: Glyphs;
  /** ms since 1970. */
  readonly now: number;
  /** The number that is being typed; empty: none. */
  readonly digits: string;
  /** Why the last command was not taken; empty: it was. */
  readonly refusal: string;
}

/** Cells beside the texts, on both sides. */
const MARGIN = 1;

/** The whole notes screen, line by line, never more than it has rows. */
export function notesLines(state: NotesState, view: NotesView): readonly Line[] {
  const { rows, columns } = view.size;
  const width = Math.max(1, columns - 2 * MARGIN);
  const above =
    state.kind === 'waiting' ? waitingLines(state.where, width) : tourLines(state.tour, state.at, view, width);
  const below: readonly Line[] = [...refusalLines(view, width), keysLine(view, width)];
  const room = Math.max(0, rows - below.length);
  const shown = above.slice(0, room);
  const gap = Array.from({ length: room - shown.length }, (): Line => []);
  return [...shown, ...gap, ...below].slice(-rows).map((line) => [{ text: ' '.repeat(MARGIN) }, ...line]);
}

function waitingLines(where: string, width: number): readonly Line[] {
  const text = `No tour is running at ${where}. Start one with \`bmdemo demo\`; this screen finds it by itself.`;
  return [[{ text: 'bmdemo notes', tone: 'strong' }], [], ...wrap(text, width, 6).map((row): Line => [{ text: row }])];
}

function tourLines(tour: TourState, at: number, view: NotesView, width: number): readonly Line[] {
  const { glyphs } = view;
  const say = wrap(tour.say, Math.min(width, 76), 40).map((row): Line => [{ text: row, tone: 'strong' }]);
  const points = tour.points.map((point): Line => [{ text: `${glyphs.info} `, tone: 'accent' }, { text: point }]);
  return [
    headLine(tour, at, view, width),
    [],
    ...say,
    ...(points.length === 0 ? [] : [[], ...points]),
    [],
    ...actionLines(tour, glyphs, width),
    [],
    ...chapterLines(tour, width),
    ...answerLines(tour, width),
  ];
}

function headLine(tour: TourState, at: number, view: NotesView, width: number): Line {
  const { count = '', title = '' } = tour.chapter ?? {};
  const owner: Line =
    tour.owner === Owner.CONSOLE
      ? [{ text: 'EXPLORING · Ctrl-T back', tone: 'warn' }]
      : [{ text: tour.paused ? 'TOUR paused' : 'TOUR', tone: tour.paused ? 'warn' : 'ok' }];
  const left: Line = [
    ...owner,
    { text: `  ${count === '' ? '' : `${count} `}`, tone: 'muted' },
    { text: title, tone: 'strong' },
    { text: `  ${tour.beat}/${tour.beats}`, tone: 'muted' },
    ...(tour.blank ? [{ text: '  BLANK', tone: 'warn' as const }] : []),
  ];
  const right = timeLine(tour, at, view.now);
  const gap = Math.max(1, width - lineWidth(left) - lineWidth(right));
  return [...left, { text: ' '.repeat(gap) }, ...right];
}

/** `3:12 of 10:00  14s ahead`: what has passed since the last state is added while the clock runs. */
function timeLine({ timing }: TourState, at: number, now: number): Line {
  if (timing === undefined) return [];
  const since = timing.running ? Math.max(0, now - at) : 0;
  const elapsed = millisOf(timing.elapsed) + since;
  const planned = millisOf(timing.planned);
  if (timing.startedAt === undefined) return [{ text: `${clockOf(planned)} planned`, tone: 'muted' }];
  const ahead = millisOf(timing.ahead);
  const told = ahead < 0 ? `${clockOf(-ahead)} behind` : `${clockOf(ahead)} ahead`;
  return [
    { text: `${clockOf(elapsed)} of ${clockOf(planned)}`, tone: 'strong' },
    { text: `  ${told}`, tone: ahead < 0 ? 'warn' : 'ok' },
  ];
}

function actionLines(tour: TourState, glyphs: Glyphs, width: number): readonly Line[] {
  const lines: Line[] = [];
  if (tour.command !== '')
    lines.push([
      { text: '$ ', tone: 'muted' },
      { text: tour.command, tone: 'accent' },
    ]);
  for (const row of wrap(stageText(tour), width, 3, glyphs.ellipsis)) {
    lines.push([{ text: row, tone: tour.stage === Stage.FAILED ? 'error' : 'muted' }]);
  }
  return lines;
}

function stageText(tour: TourState): string {
  switch (tour.stage) {
    case Stage.READY:
      return 'Ready: space begins, and starts the clock.';
    case Stage.SHOWN:
      return 'Space shows the command.';
    case Stage.ARMED:
      return 'Space runs the command.';
    case Stage.RUNNING:
      return tour.awaiting === '' ? 'It is being done.' : `Waiting for ${tour.awaiting}.`;
    case Stage.PREPARING:
      return 'The room is being put in order.';
    case Stage.FAILED:
      return `It failed: ${tour.failure}`;
    case Stage.ENDED:
      return 'The tour is over.';
    default:
      return 'Space goes on.';
  }
}

/** The chapters around the present one, so that the next one is always to be seen. */
function chapterLines(tour: TourState, width: number): readonly Line[] {
  const present = tour.chapters.findIndex(({ number }) => number === tour.chapter?.number);
  const from = Math.max(0, present - 1);
  return tour.chapters.slice(from, from + 4).map((chapter, at) => chapterLine(chapter, from + at === present, width));
}

function chapterLine(chapter: Chapter, isPresent: boolean, width: number): Line {
  const spent = chapter.spent === undefined ? '' : clockOf(millisOf(chapter.spent));
  const times = `${spent.padStart(6)} of ${clockOf(millisOf(chapter.planned))}`;
  const title = fitCells(
    `${String(chapter.number).padStart(2)}  ${chapter.title}`,
    Math.max(10, Math.min(52, width - 20)),
  );
  return [
    { text: isPresent ? '> ' : '  ', tone: 'accent' },
    { text: title, tone: isPresent ? 'strong' : 'muted' },
    { text: times, tone: 'muted' },
  ];
}

/** The questions, in the last chapter; the answer is what is to be said once one is opened. */
function answerLines(tour: TourState, width: number): readonly Line[] {
  const last = tour.chapters.at(-1)?.number;
  if (tour.chapter?.number !== last || tour.answers.length === 0) return [];
  const lines = tour.answers.map(
    ({ question }, at): Line => [
      { text: `${at + 1} o  `, tone: 'key' },
      { text: fitCells(question, Math.max(1, width - 6)).trimEnd() },
    ],
  );
  return [[], ...lines];
}

function refusalLines({ refusal, glyphs }: NotesView, width: number): readonly Line[] {
  if (refusal === '') return [];
  return wrap(`${glyphs.attention} ${refusal}`, width, 2).map((row): Line => [{ text: row, tone: 'warn' }]);
}

function keysLine({ digits, glyphs }: NotesView, width: number): Line {
  const typed: Line = digits === '' ? [] : [{ text: `${digits}${glyphs.ellipsis} `, tone: 'accent' }];
  return [
    ...typed,
    { text: fitCells(NOTES_KEYS, Math.max(1, width - lineWidth(typed)), 'left', glyphs.ellipsis), tone: 'muted' },
  ];
}

function millisOf(duration: Parameters<typeof durationMs>[0] | undefined): number {
  return duration === undefined ? 0 : durationMs(duration);
}

/** `3:07`. */
function clockOf(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
