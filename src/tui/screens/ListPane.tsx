import { problemLines } from '../format/problem-lines.ts';
import type { Line, Segment } from '../format/segment.ts';
import { sameLine, sameLines } from '../format/segment.ts';
import type { Size } from '../store/layout.ts';
import { MAX_LISTED } from '../store/list.ts';
import { LIST_NAMES, listShown } from '../store/place.ts';
import type { ConsoleState } from '../store/state.ts';
import { themeOfState, useConsole } from '../widgets/context.tsx';
import { DataTable, sameRows } from '../widgets/DataTable.tsx';
import { Lines } from '../widgets/LineView.tsx';
import { PANEL_SIDES, Panel } from '../widgets/Panel.tsx';
import { listedColumns, listedRows } from './listed-rows.ts';

const LOADING: Segment = { text: ' · loading', tone: 'muted' };

/** The list of the place: runs, plans, events, or the runs of one machine. */
export function ListPane({ size }: { readonly size: Size }) {
  const width = size.columns - PANEL_SIDES;
  const focused = useConsole(({ ui }) => ui.focus === 'list');
  const title = useConsole(listTitle, sameLine);
  const selected = useConsole((state) => listOf(state)?.selection.id ?? '');
  const stale = useConsole(({ connection }) => connection.link.kind === 'lost');
  const columns = useConsole((state) => listedColumns(state, width), sameColumns);
  const rows = useConsole((state) => listedRows(state, columns), sameRows);
  const nothing = useConsole((state) => nothingLines(state, width), sameLines);
  return (
    <Panel width={size.columns} height={size.rows} title={title} focused={focused}>
      {rows.length === 0 ? (
        <Lines lines={nothing} width={width} />
      ) : (
        <DataTable columns={columns} rows={rows} selected={selected} focused={focused} width={width} dimmed={stale} />
      )}
    </Panel>
  );
}

function listOf({ ui, lists }: ConsoleState) {
  const key = listShown(ui);
  return key === undefined ? undefined : lists[key];
}

function listTitle(state: ConsoleState): Line {
  const key = listShown(state.ui);
  if (key === undefined) return [];
  const { ids, shown, filter, asksServer, loaded, more, cut, problem } = state.lists[key];
  const title: Line = [{ text: LIST_NAMES[key].title, tone: 'strong' }];
  const looked: Line = filter === '' ? [] : [{ text: `  /${filter}`, tone: 'accent' }];
  if (problem !== '') return [...title, ...looked, { text: loaded ? ` · ${problem}` : '', tone: 'warn' }];
  if (!loaded) {
    const isLost = state.connection.link.kind === 'lost';
    return [...title, ...looked, isLost ? { text: ' · waiting for the server', tone: 'warn' } : LOADING];
  }
  const total = cut
    ? `the newest ${MAX_LISTED.toLocaleString('en-US')}, older ones have left`
    : `${ids.length.toLocaleString('en-US')}${more === '' ? '' : ' and more'}`;
  const some = filter === '' || asksServer ? total : `${shown.length.toLocaleString('en-US')} of ${total}`;
  const stale = state.connection.link.kind === 'lost' ? ' · as they were when the server was lost' : '';
  return [...title, { text: ` ${some}`, tone: 'muted' }, ...looked, { text: stale, tone: 'muted' }];
}

function nothingLines(state: ConsoleState, width: number): readonly Line[] {
  const key = listShown(state.ui);
  if (key === undefined) return [];
  const { filter, problem, loaded } = state.lists[key];
  const { one } = LIST_NAMES[key];
  if (problem !== '') return problemLines(problem, filter, width, themeOfState(state).glyphs);
  if (!loaded) return [[{ text: waitingText(state, one), tone: 'muted' }]];
  if (filter !== '') return [[{ text: `no ${one} matches /${filter}, Esc clears`, tone: 'muted' }]];
  return [[{ text: key === 'machineRuns' ? 'this machine has had no run so far' : `no ${one} so far`, tone: 'muted' }]];
}

function waitingText({ connection }: ConsoleState, one: string): string {
  if (connection.link.kind === 'lost') return connection.link.message;
  return connection.link.kind === 'connected'
    ? `Asking the server for its ${one}s …`
    : 'There is no server yet to be asked.';
}

function sameColumns(a: ReturnType<typeof listedColumns>, b: ReturnType<typeof listedColumns>): boolean {
  return a.length === b.length && a.every(({ key, width }, at) => key === b[at]?.key && width === b[at]?.width);
}
