import { ellipsis, fitCells, wrap } from '../format/cells.ts';
import { printable } from '../format/printable.ts';
import type { Line, Segment } from '../format/segment.ts';
import { lineWidth } from '../format/segment.ts';
import { machinePhaseWord, withShortRunIds } from '../format/words.ts';
import type { Dialog, DialogFact, DialogFocus } from '../store/dialog.ts';
import { subjectOf } from '../store/dialog.ts';
import { emptyField } from '../store/field.ts';
import type { MachinesState } from '../store/machines.ts';
import type { Theme } from '../theme/theme.ts';
import { fieldLine } from '../widgets/text-field.ts';

const NAME_CELLS = 11;
const FIELD_CELLS = 32;

/** How much room the facts of a dialog are given: the first that fits. */
const ROOMS = [
  { factRows: 4, blanks: true },
  { factRows: 4, blanks: false },
  { factRows: 2, blanks: false },
  { factRows: 1, blanks: false },
] as const;

/** What a dialog says and asks, as lines of `width` cells; at most `height` of them, as far as that can be. */
export function dialogLines(
  dialog: Dialog,
  machines: MachinesState,
  theme: Theme,
  width: number,
  height: number,
): readonly Line[] {
  let lines: readonly Line[] = [];
  for (const { factRows, blanks } of ROOMS) {
    lines = allLines(dialog, machines, theme, width, factRows).filter((line) => blanks || line.length > 0);
    if (lines.length <= height) break;
  }
  return lines;
}

function allLines(
  dialog: Dialog,
  machines: MachinesState,
  theme: Theme,
  width: number,
  factRows: number,
): readonly Line[] {
  const blank: Line = [];
  const lines: Line[] = [blank];
  for (const fact of [...dialog.facts, ...dialog.attention]) lines.push(...factLines(fact, theme, width, factRows));
  const change = changeSince(dialog, machines);
  if (change !== undefined) lines.push(blank, ...noticeLines(change, theme, width, factRows));
  lines.push(blank);
  if (dialog.jobs !== undefined) lines.push(...jobLines(dialog, theme, width, factRows * ROWS_A_FACT), blank);
  if (dialog.fields.length > 0) lines.push(...fieldLines(dialog, theme, width), blank);
  if (dialog.notice !== '') lines.push(...noticeLines(dialog.notice, theme, width, factRows), blank);
  const asking: Line = [{ text: 'asking the server …', tone: 'muted' }];
  lines.push(dialog.busy ? centered(asking, width) : buttons(dialog, theme, width), blank);
  return lines;
}

/** Rows of jobs for each row that a fact is given: as a dialog gets less room, both get less. */
const ROWS_A_FACT = 3;
/** What the id of a machine leaves of its row at least: which machine it is counts more than what is said of it. */
const JOB_TEXT_CELLS = 14;

/** A row a machine, as many as there is room for, and how many there are above and below. */
function jobLines({ jobs = [], jobsTop = 0 }: Dialog, { glyphs }: Theme, width: number, rows: number): readonly Line[] {
  const top = Math.max(0, Math.min(jobsTop, jobs.length - rows));
  const shown = jobs.slice(top, top + rows);
  const cells = Math.min(width - JOB_TEXT_CELLS, Math.max(...jobs.map(({ machineId }) => machineId.length + 2)));
  const lines = shown.map(
    ({ machineId, text, tone }): Line => [
      { text: fitCells(machineId, cells, 'left', glyphs.ellipsis) },
      { text: ellipsis(withShortRunIds(printable(aboutIt(text, machineId))), width - cells, glyphs.ellipsis), tone },
    ],
  );
  const below = jobs.length - top - shown.length;
  if (top === 0 && below === 0) return lines;
  return [...lines, [{ text: `${top} above, ${below} below; PgUp and PgDn go there`, tone: 'muted' }]];
}

/** What is said of a machine in a row that begins with its id: that is not said twice. */
function aboutIt(text: string, machineId: string): string {
  return text.replace(`machine ${machineId} `, 'it ').replace(`Machine ${machineId} `, 'It ');
}

function factLines({ name, text, tone }: DialogFact, { glyphs }: Theme, width: number, rows: number): readonly Line[] {
  return wrap(withShortRunIds(printable(text)), width - NAME_CELLS, rows, glyphs.ellipsis).map((row, at) => [
    { text: fitCells(at === 0 ? name : '', NAME_CELLS), tone: 'muted' },
    { text: row, ...(tone === undefined ? {} : { tone }) },
  ]);
}

/** What has become of the machine since the dialog was shown; undefined: nothing. */
function changeSince({ subject }: Dialog, { byId, loaded }: MachinesState): string | undefined {
  if (subject === undefined || !loaded) return undefined;
  const machine = byId.get(subject.machineId);
  if (machine === undefined) return `${subject.machineId} is gone.`;
  if (subjectOf(machine).fingerprint === subject.fingerprint) return undefined;
  const phase = machine.status === undefined ? 'unknown' : machinePhaseWord(machine.status.phase);
  return `${subject.machineId} has changed since this was shown: it is ${phase} now.`;
}

function noticeLines(text: string, { glyphs }: Theme, width: number, rows: number): readonly Line[] {
  return wrap(`${glyphs.attention} ${withShortRunIds(printable(text))}`, width, rows, glyphs.ellipsis).map((row) => [
    { text: row, tone: 'warn' },
  ]);
}

/** The fields, and what the one with the focus is for. */
function fieldLines(dialog: Dialog, { glyphs }: Theme, width: number): readonly Line[] {
  const params = dialog.fields.filter(({ expected }) => expected === undefined);
  const name = Math.max(NAME_CELLS, ...params.map(({ label }) => label.length + 2));
  const lines: Line[] = [];
  for (const [at, field] of dialog.fields.entries()) {
    const focused = dialog.focus === at && !dialog.busy;
    const cells = Math.max(FIELD_CELLS, (field.expected?.length ?? 0) + 1);
    const typed = fieldLine(dialog.typed[at] ?? emptyField, focused, Math.min(cells, width - name));
    if (field.expected === undefined) {
      lines.push([{ text: fitCells(field.label, name), tone: focused ? 'accent' : 'muted' }, ...typed]);
      continue;
    }
    if (lines.length > 0) lines.push([]);
    lines.push([{ text: 'To go on, type ' }, { text: field.expected, tone: 'strong' }, { text: ':' }]);
    lines.push([{ text: '> ', tone: focused ? 'accent' : 'muted' }, ...typed]);
  }
  if (params.length === 0) return lines;
  const { help = '' } = (typeof dialog.focus === 'number' ? dialog.fields[dialog.focus] : undefined) ?? {};
  return [...lines, [{ text: ellipsis(help, width, glyphs.ellipsis), tone: 'muted' }]];
}

function buttons(dialog: Dialog, theme: Theme, width: number): Line {
  const gap: Segment = { text: '    ' };
  return centered(
    [button(dialog, 'cancel', dialog.cancelLabel, theme), gap, button(dialog, 'go', dialog.goLabel, theme)],
    width,
  );
}

function button({ focus }: Dialog, place: DialogFocus, label: string, theme: Theme): Segment {
  // Signs beside the colours: where there are none, the focus is seen all the same.
  if (focus === place) return { text: `[> ${label} <]`, style: theme.selected };
  return { text: `[  ${label}  ]` };
}

function centered(line: Line, width: number): Line {
  return [{ text: ' '.repeat(Math.max(0, Math.floor((width - lineWidth(line)) / 2))) }, ...line];
}
