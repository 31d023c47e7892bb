import type { Card } from '../../tour/cards.ts';
import { cardOf } from '../../tour/cards.ts';
import type { TourMoment } from '../../tour/director/director.ts';
import { KEY_HELP } from '../../tour/director/keys.ts';
import { chapterOf, numberOf } from '../../tour/director/state.ts';
import { notesOf } from '../../tour/director/telling.ts';
import { plannedTimes, tellTime } from '../../tour/director/timing.ts';
import type { ImportedFile } from '../../tour/host.ts';
import { formatClock, formatCountdown, millis } from '../../tui/format/time.ts';
import { planName, runPhaseWord, shortRunId } from '../../tui/format/words.ts';
import type { ThemeName } from '../../tui/theme/theme.ts';
import type { CardTable, GuestCard } from '../../tui/tour/guest.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { tookText } from '../output/when.ts';

/** What a ready card tells of the place where the talk is given. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
  /** Where the server listens, or is to listen. */
  readonly address: string;
  readonly slow: boolean;
  readonly notesScreens: number;
  readonly theme: ThemeName;
}

/** The size from which on everything can be read well. */
const COMFORTABLE = { columns: 100, rows: 30 };

/** The card that lies over the console now: what a key asked for comes before what the script shows; null: none. */
export function guestCard(moment: TourMoment, room: Room): GuestCard | null {
  const { state } = moment;
  switch (state.overlay) {
    case 'quit':
      return card('End the tour?', [quitText(moment)], 'warn');
    case 'help':
      return card('Keys of the tour', [table(['', ''], KEY_HELP)]);
    case 'chapters':
      return chaptersCard(moment);
    case 'none':
      break;
  }
  if (state.stage === 'ready') return readyCard(moment, room);
  if (state.notes) return notesCard(moment);
  const shown = cardOf(moment);
  return shown === null ? null : scriptCard(shown);
}

function quitText({ plan }: TourMoment): string {
  return `y or Ctrl-C ends it${plan.ownServer ? ', with its server' : '; the server stays'}. Any other key goes on.`;
}

function readyCard({ plan }: TourMoment, room: Room): GuestCard {
  const roomy = room.columns >= COMFORTABLE.columns && room.rows >= COMFORTABLE.rows;
  const size = `${room.columns} by ${room.rows} cells${roomy ? '' : `; ${COMFORTABLE.columns} by ${COMFORTABLE.rows} reads better`}`;
  const notes =
    room.notesScreens === 0 ? 'none attached; `bmdemo notes` in another terminal' : `${room.notesScreens} attached`;
  const first = plan.script.chapters[plan.from]?.title ?? '';
  return card(plan.script.title, [
    table(
      ['', ''],
      [
        ['screen', size],
        [
          'colours',
          `${room.theme}${room.theme === 'dark' ? '; --theme light or high-contrast for a bright room' : ''}`,
        ],
        ['signs', '✓ ✗ ▲ ● → ⠹ ╭─╮  (boxes or question marks: --theme ascii)'],
        ['server', room.address.replace(/:0$/, ', on a free port')],
        ['timing', room.slow ? 'slow, to talk over; --fast for the usual one' : 'as usual'],
        ['talk', `${plan.minutes} minutes, beginning with: ${first}`],
        ['notes', notes],
      ],
    ),
    '',
    'Space begins, and starts the clock. ? has the keys.',
  ]);
}

function chaptersCard({ plan, state }: TourMoment): GuestCard {
  const { script } = plan;
  const planned = plannedTimes(script, plan.minutes);
  const { spent } = tellTime(state.timing, planned, chapterOf(state), Date.now());
  const rows = script.chapters.map(({ title }, at) => {
    const taken = spent[at] ?? null;
    return [
      String(numberOf(script, at)),
      title,
      formatCountdown(planned[at] ?? 0),
      taken === null ? '' : formatCountdown(taken),
    ];
  });
  return card('Chapters', [
    table(['N', 'CHAPTER', 'PLANNED', 'SPENT'], rows, [chapterOf(state)]),
    '',
    'A number and G goes to it.',
  ]);
}

function notesCard(moment: TourMoment): GuestCard {
  const { say, points } = notesOf(moment);
  return card('Notes', [say, ...(points.length === 0 ? [] : ['', ...points.map((point) => `• ${point}`)])]);
}

function scriptCard(shown: Card): GuestCard {
  switch (shown.kind) {
    case 'title':
      return card(
        shown.title,
        shown.chapters.map((title) => `  ${title}`),
      );
    case 'orders': {
      const rows = shown.orders.map(({ text, state }) => [`$ ${text}`, state]);
      return card('Putting the room in order', [table(['', ''], rows)]);
    }
    case 'plans': {
      const rows = shown.plans.map(({ planId, steps }) => [planName(planId), steps.map(({ name }) => name).join(', ')]);
      return card('Plans', [{ ...table(['PLAN', 'STEPS'], rows), wraps: true }]);
    }
    case 'phases': {
      const rows = shown.phases.map(({ phase, meaning, machines }) => [phase, meaning, machines.join(', ')]);
      const marked = shown.phases.flatMap(({ machines }, at) => (machines.length > 0 ? [at] : []));
      const meanings = { ...table(['PHASE', 'MEANS', 'MACHINES'], rows, marked), wraps: true };
      return card('Phases of a machine', [meanings]);
    }
    case 'answers':
      return answersCard(shown.requestId, shown.first, shown.second);
    case 'history':
      return card('Every run, the newest first', [table(RUN_COLUMNS, shown.runs.map(runRow))]);
    case 'file':
      return fileCard(shown.name, shown.lines, shown.imported);
    case 'closing':
      return card('What we have seen', [
        ...shown.summary.map((point, at) => `${at + 1}. ${point}`),
        ...(shown.questions.length === 0 ? [] : ['', 'Questions: a number and o opens one']),
        ...shown.questions.map((question, at) => `${at + 1}o  ${question}`),
      ]);
  }
}

/** Both answers side by side; the row that the audience has to see is the run id. */
function answersCard(requestId: string, first: Run, second: Run): GuestCard {
  const rows = [
    ['run id', first.runId, second.runId],
    ['request id', requestId, requestId],
    ['machine', first.machineId, second.machineId],
    ['plan', planName(first.planId), planName(second.planId)],
    ['accepted', formatClock(millis(first.createdAt) ?? 0), formatClock(millis(second.createdAt) ?? 0)],
  ];
  const verdict =
    first.runId === second.runId ? 'One run: the second call found what the first had started.' : 'Two runs!';
  return card('The same request, twice', [table(['', 'FIRST ANSWER', 'SECOND ANSWER'], rows, [0]), '', verdict]);
}

/** The file, a line a row; once it was imported, what became of each. */
function fileCard(name: string, lines: readonly string[], imported: ImportedFile | null): GuestCard {
  if (imported === null)
    return card(name, [
      table(
        [''],
        lines.map((line) => [line]),
      ),
    ]);
  const rows = imported.rows.map(({ line, machineId, outcome, note }) => [String(line), machineId, outcome, note]);
  const marked = imported.rows.flatMap(({ outcome }, at) => (outcome === 'unchanged' ? [] : [at]));
  const told = { ...table(['LINE', 'MACHINE', 'OUTCOME', 'NOTE'], rows, marked), wraps: true };
  return card(name, [told, '', imported.summary]);
}

const RUN_COLUMNS = ['RUN', 'MACHINE', 'PLAN', 'BY', 'STARTED', 'TOOK', 'OUTCOME'];

function runRow(run: Run): readonly string[] {
  return [
    shortRunId(run.runId),
    run.machineId,
    planName(run.planId),
    run.initiatedBy || '–',
    formatClock(millis(run.createdAt) ?? 0),
    tookText(run.createdAt, run.finishedAt),
    runPhaseWord(run.phase),
  ];
}

function card(title: string, body: GuestCard['body'], tone: GuestCard['tone'] = 'plain'): GuestCard {
  return { title, tone, body };
}

function table(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  marked: readonly number[] = [],
): CardTable {
  return { columns, rows, marked, wraps: false };
}
