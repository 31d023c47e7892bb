import { count, shortRunId } from '../format/words.ts';
import { listedCells } from '../store/listed-cells.ts';
import type { ListKey } from '../store/place.ts';
import { LIST_NAMES, listShown, PLACE_NAMES } from '../store/place.ts';
import type { ConsoleState } from '../store/state.ts';
import { spoken, spokenGlyphs } from './words.ts';

/** Where somebody is: the place, and the way in from there. */
export function placeSentence({ ui }: ConsoleState): string {
  const path = ui.path.map((one) => (one.kind === 'machine' ? one.machineId : `run ${shortRunId(one.runId)}`));
  return `${[PLACE_NAMES[ui.place], ...path].join(', ')}.`;
}

/** The list that is shown: how long it is, and the row under the cursor. */
export function listSentences(state: ConsoleState): readonly string[] {
  const key = listShown(state.ui);
  if (key === undefined) return [];
  const { loaded, shown, problem, filter } = state.lists[key];
  if (problem !== '') return [spoken(problem)];
  if (!loaded) return [`Asking the server for its ${LIST_NAMES[key].one}s.`];
  const matching = filter === '' ? '' : ` match ${filter}`;
  return [`${count(shown.length, LIST_NAMES[key].one)}${matching}.`, ...rowSentence(state, key)];
}

/** What has changed of the list that is shown, where the cursor is in it. */
export function listNews(before: ConsoleState, state: ConsoleState): readonly string[] {
  const key = listShown(state.ui);
  if (key === undefined) return [];
  const [was, is] = [before.lists[key], state.lists[key]];
  if (was.loaded !== is.loaded || was.filter !== is.filter || was.problem !== is.problem) return listSentences(state);
  return was.selection.id === is.selection.id ? [] : rowSentence(state, key);
}

function rowSentence(state: ConsoleState, key: ListKey): readonly string[] {
  const { selection, shown } = state.lists[key];
  const cells = listedCells(state, selection.id, spokenGlyphs);
  if (cells === undefined) return [];
  const place = `${selection.row + 1} of ${shown.length}`;
  const said = Object.values(cells).map((cell) => spoken(cell?.text ?? ''));
  return [[place, ...said.filter((text) => text !== '' && text !== spokenGlyphs.nothing)].join(', ')];
}
