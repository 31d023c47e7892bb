import { fitCells, wrap } from '../format/cells.ts';
import type { Line, Segment } from '../format/segment.ts';
import { lineWidth } from '../format/segment.ts';
import { machinePhaseWord } from '../format/words.ts';
import type { Dialog, DialogFact, DialogFocus } from '../store/dialog.ts';
import { subjectOf } from '../store/dialog.ts';
import type { MachinesState } from '../store/machines.ts';
import type { Theme } from '../theme/theme.ts';
import { fieldLine } from '../widgets/text-field.ts';

const NAME_CELLS = 11;
/** Rows that one fact may take. */
const MAX_FACT_ROWS = 4;
const FIELD_CELLS = 32;

/** What a dialog says and asks, as lines of `width` cells. */
export function dialogLines(dialog: Dialog, machines: MachinesState, theme: Theme, width: number): readonly Line[] {
  const blank: Line = [];
  const lines: Line[] = [blank];
  for (const fact of dialog.facts) lines.push(...factLines(fact, theme, width));
  const change = changeSince(dialog, machines);
  if (change !== undefined) lines.push(blank, ...noticeLines(change, theme, width));
  lines.push(blank);
  if (dialog.expected !== undefined) lines.push(...askLines(dialog, dialog.expected), blank);
  if (dialog.notice !== '') lines.push(...noticeLines(dialog.notice, theme, width), blank);
  lines.push(
    dialog.busy ? centered([{ text: 'asking the server …', tone: 'muted' }], width) : buttons(dialog, theme, width),
  );
  lines.push(blank);
  return lines;
}

function factLines({ name, text, tone }: DialogFact, { glyphs }: Theme, width: number): readonly Line[] {
  return wrap(text, width - NAME_CELLS, MAX_FACT_ROWS, glyphs.ellipsis).map((row, at) => [
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

function noticeLines(text: string, { glyphs }: Theme, width: number): readonly Line[] {
  return wrap(`${glyphs.attention} ${text}`, width, MAX_FACT_ROWS, glyphs.ellipsis).map((row) => [
    { text: row, tone: 'warn' },
  ]);
}

function askLines(dialog: Dialog, expected: string): readonly Line[] {
  const cells = Math.max(FIELD_CELLS, expected.length + 1);
  const focused = dialog.focus === 'field' && !dialog.busy;
  return [
    [{ text: 'To go on, type ' }, { text: expected, tone: 'strong' }, { text: ':' }],
    [{ text: '> ', tone: focused ? 'accent' : 'muted' }, ...fieldLine(dialog.field, focused, cells)],
  ];
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
