import { capital, count } from '../format/words.ts';
import { facetsOf, keepFacet } from '../store/facets.ts';
import { shownRows } from '../store/log.ts';
import { stepUnderCursor } from '../store/motion.ts';
import { isAtServerLog } from '../store/place.ts';
import { selectedMachine, shownLog, shownRun } from '../store/select.ts';
import type { ConsoleState, PromptState } from '../store/state.ts';
import { textBelow } from '../store/text-below.ts';
import { SORT_COLUMNS } from '../store/view.ts';
import { listNews, listSentences, placeSentence } from './about-list.ts';
import {
  logSentence,
  machineSentence,
  runName,
  spoken,
  spokenGlyphs,
  spokenLine,
  stepSentences,
  summarySentences,
} from './words.ts';

/** Lines of a log that are read at once: the last of them. */
const LOG_LINES = 10;

/** What is said when a line begins to be typed. */
const PROMPTS: Readonly<Record<PromptState['kind'], string>> = {
  filter: 'Type the filter. Enter applies, Esc leaves it as it was.',
  search: 'Type the text to look for. Enter applies, Esc leaves it as it was.',
  command: 'Type a command. Tab completes it, Enter does it, Esc leaves it.',
};

/** Where somebody has gone, and what is there. */
export function placeNews(before: ConsoleState, after: ConsoleState): readonly string[] {
  const lines: string[] = [];
  const { ui, view, selection, marks } = after;
  if (before.ui.place !== ui.place || before.ui.path !== ui.path)
    return [placeSentence(after), ...paneSentences(after)];
  // What is typed filters at once; what came of it is told when it is all there.
  if (ui.prompt !== undefined && before.ui.prompt !== undefined) return [];
  const filtered = before.ui.prompt?.kind === 'filter';
  if (filtered || before.view.filter !== view.filter) lines.push(filterSentence(after));
  if (before.view.problem !== view.problem && view.problem !== '') lines.push(spoken(view.problem));
  if (before.view.sort !== view.sort || before.view.descending !== view.descending) {
    lines.push(`Sorted by ${view.sort}, ${view.descending ? 'descending' : 'ascending'}.`);
  }
  if (ui.sorting && !before.ui.sorting) {
    lines.push(`Sort by ${SORT_COLUMNS.map((column, at) => `${at + 1} ${column}`).join(', ')}. Esc leaves it.`);
  }
  if (ui.facet !== before.ui.facet && ui.facet !== undefined) lines.push(...facetSentences(before, after));
  if (ui.prompt !== undefined && before.ui.prompt === undefined) {
    const { kind } = ui.prompt;
    lines.push(PROMPTS[kind]);
  }
  if (before.marks.ids.size !== marks.ids.size) lines.push(`${count(marks.ids.size, 'machine')} marked.`);
  if (before.ui.focus !== ui.focus) lines.push(...paneSentences(after));
  else if (ui.focus === 'machines' && (filtered || before.selection.id !== selection.id))
    lines.push(...selectedSentence(after));
  else if (ui.focus === 'run' && before.ui.step !== ui.step) lines.push(...stepSentence(after));
  else if (ui.focus === 'list') lines.push(...listNews(before, after));
  else if (ui.focus === 'log') lines.push(...logNews(before, after));
  return lines;
}

/** The parts of the inventory that can be shown alone: all of them once, then the one that the cursor is on. */
function facetSentences({ ui: { facet } }: ConsoleState, { machines, ui }: ConsoleState): readonly string[] {
  const rows = facetsOf(machines).map(({ label, count: number }, at) => `${at + 1} ${label}, ${number}`);
  if (facet !== undefined && ui.facet !== undefined) {
    const { row } = keepFacet(ui.facet, machines);
    return rows.slice(row, row + 1);
  }
  return [`Machines by phase: ${rows.join('; ')}. Enter or a number shows those alone, Esc leaves it.`];
}

/** What the pane that has the focus shows. */
export function paneSentences(state: ConsoleState): readonly string[] {
  const run = shownRun(state);
  switch (state.ui.focus) {
    case 'machines':
      return ['Machines.', ...selectedSentence(state)];
    case 'run':
      if (run === undefined) return ['Run. There is none so far.'];
      return [`${capital(runName(run))}.`, ...stepSentences(run, state), ...summarySentences(run, state)];
    case 'log':
      return [logTitle(state), ...lastLines(state, LOG_LINES)];
    case 'machine':
      return ['Machine.', ...selectedSentence(state)];
    case 'list':
      return listSentences(state);
    case 'text':
      return textBelow(state, spokenGlyphs)
        .map(spokenLine)
        .filter((line) => line !== '');
  }
}

function selectedSentence(state: ConsoleState): readonly string[] {
  const machine = selectedMachine(state);
  return machine === undefined ? ['No machine is selected.'] : [machineSentence(state, machine)];
}

function stepSentence(state: ConsoleState): readonly string[] {
  const run = shownRun(state);
  if (run === undefined) return [];
  const at = run.steps.findIndex(({ name }) => name === stepUnderCursor(run, state.ui.step));
  return stepSentences(run, state).slice(at, at + 1);
}

function logTitle(state: ConsoleState): string {
  const log = shownLog(state);
  if (log.runId === '' && !isAtServerLog(state.ui)) return 'Log. There is no run, and no log.';
  const how = log.pausedAt !== undefined ? 'paused' : log.open ? 'following' : 'ended';
  return `Log, ${how}, ${count(log.shown, 'line')}.`;
}

function lastLines(state: ConsoleState, most: number): readonly string[] {
  const log = shownLog(state);
  if (most <= 0) return [];
  // Which step wrote them is told by the step itself as it begins.
  const lines = shownRows(log).filter(({ kind }) => kind === 'line');
  return lines.slice(-most).map(logSentence);
}

function logNews(before: ConsoleState, state: ConsoleState): readonly string[] {
  const was = shownLog(before);
  const log = shownLog(state);
  if (was.runId !== log.runId || was.step !== log.step) return paneSentences(state);
  if (log.pausedAt !== undefined) {
    const same = was.pausedAt?.row === log.pausedAt.row && was.pausedAt.line === log.pausedAt.line;
    const row = log.rows.at(log.pausedAt.row);
    return same || row === undefined ? [] : [logSentence(row)];
  }
  const lines: string[] = [];
  if (was.pausedAt !== undefined) lines.push(logTitle(state));
  const fresh = log.shown - was.shown;
  if (fresh > LOG_LINES) lines.push(`${count(fresh - LOG_LINES, 'line')} left out.`);
  if (fresh > 0) lines.push(...lastLines(state, Math.min(fresh, LOG_LINES)));
  if (was.open && !log.open) lines.push(logTitle(state));
  return lines;
}

function filterSentence({ view, machines }: ConsoleState): string {
  if (view.filter === '') return `No filter: ${count(machines.ids.length, 'machine')}.`;
  // The server's own answer comes later, and machine by machine.
  if (view.matching !== undefined) return `Filter ${view.filter}.`;
  return `${view.ids.length.toLocaleString('en-US')} of ${count(machines.ids.length, 'machine')} match ${view.filter}.`;
}
