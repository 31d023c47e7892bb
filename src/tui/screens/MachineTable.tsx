import { machineCells } from '../format/machine-row.ts';
import { problemLines } from '../format/problem-lines.ts';
import type { Line } from '../format/segment.ts';
import { sameLine, sameLines } from '../format/segment.ts';
import type { TablePlan } from '../format/table-columns.ts';
import { planTable } from '../format/table-columns.ts';
import type { ConnectionState } from '../store/connection.ts';
import type { Size } from '../store/layout.ts';
import { tableRows } from '../store/layout.ts';
import { longestOf } from '../store/machine-tally.ts';
import { layoutOf, runOf, serverNow } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { themeOfState, useConsole } from '../widgets/context.tsx';
import type { Row } from '../widgets/DataTable.tsx';
import { CARET_CELLS, DataTable, sameRows } from '../widgets/DataTable.tsx';
import { Lines } from '../widgets/LineView.tsx';
import { PANEL_SIDES, Panel } from '../widgets/Panel.tsx';
import { EmptyCard } from './EmptyCard.tsx';

/** The inventory: a row a machine, live. */
export function MachineTable({ size }: { readonly size: Size }) {
  const width = size.columns - PANEL_SIDES;
  const focused = useConsole(({ ui }) => ui.focus === 'machines');
  const title = useConsole(tableTitle, sameLine);
  const empty = useConsole(({ machines }) => machines.ids.length === 0);
  const selected = useConsole(({ selection }) => selection.id);
  const stale = useConsole(({ connection }) => connection.link.kind === 'lost');
  const plan = useConsole((state) => planOf(state, width), samePlan);
  const rows = useConsole((state) => visibleRows(state, plan), sameRows);
  const nothing = useConsole((state) => nothingLines(state, width), sameLines);
  return (
    <Panel width={size.columns} height={size.rows} title={title} focused={focused}>
      {empty ? (
        <EmptyCard width={width} height={size.rows - 2} />
      ) : rows.length === 0 ? (
        <Lines lines={nothing} width={width} />
      ) : (
        <DataTable
          columns={plan.columns}
          rows={rows}
          selected={selected}
          focused={focused}
          width={width}
          dimmed={stale}
        />
      )}
    </Panel>
  );
}

function tableTitle({ machines, view, marks, connection }: ConsoleState): Line {
  const title: Line = [{ text: 'Machines', tone: 'strong' }];
  const isLost = connection.link.kind === 'lost';
  if (!machines.loaded) return [...title, ...waiting(connection.link.kind)];
  const total = machines.ids.length.toLocaleString('en-US');
  const shown = view.filter === '' ? total : `${view.ids.length.toLocaleString('en-US')} of ${total}`;
  const filter: Line = view.filter === '' ? [] : [{ text: `  /${view.filter}`, tone: 'accent' }];
  const way = view.descending ? '↓' : '↑';
  const sort = view.sort === 'machine' && !view.descending ? '' : `  by ${view.sort} ${way}`;
  const stale = isLost ? ' · as they were when the server was lost' : '';
  const marked: Line =
    marks.ids.size === 0 ? [] : [{ text: ` · ${marks.ids.size.toLocaleString('en-US')} marked`, tone: 'accent' }];
  return [...title, { text: ` ${shown}`, tone: 'muted' }, ...marked, ...filter, { text: sort + stale, tone: 'muted' }];
}

function nothingLines(state: ConsoleState, width: number): readonly Line[] {
  const { view } = state;
  if (view.problem === '' && view.asking) {
    return [[{ text: `asking the server which machines match /${view.filter} …`, tone: 'muted' }]];
  }
  if (view.problem === '') return [[{ text: `no machine matches /${view.filter}, Esc clears`, tone: 'muted' }]];
  return problemLines(view.problem, view.filter, width, themeOfState(state).glyphs);
}

function visibleRows(state: ConsoleState, plan: TablePlan): readonly Row[] {
  const { machines, view, runs, selection, marks, clock } = state;
  const { glyphs } = themeOfState(state);
  const ids = view.ids.slice(selection.top, selection.top + tableRows(layoutOf(state)));
  return ids.flatMap((id) => {
    const machine = machines.byId.get(id);
    if (machine === undefined) return [];
    const run = runOf(runs, machine);
    const cells = machineCells(machine, { run, glyphs, now: serverNow(state), frame: clock.frame, bar: plan.bar });
    return [{ id, cells: plan.columns.map(({ key }) => cells[key]), marked: marks.ids.has(id) || marks.from === id }];
  });
}

function planOf({ machines }: ConsoleState, width: number): TablePlan {
  return planTable(width - CARET_CELLS, longestOf(machines.tally));
}

function samePlan(a: TablePlan, b: TablePlan): boolean {
  const same = a.columns.every(({ key, width }, at) => key === b.columns[at]?.key && width === b.columns[at]?.width);
  return same && a.columns.length === b.columns.length && a.bar === b.bar;
}

/** What is to come before the machines are there. */
function waiting(link: ConnectionState['link']['kind']): Line {
  if (link === 'none') return [];
  return link === 'lost'
    ? [{ text: ' · waiting for the server', tone: 'warn' }]
    : [{ text: ' · loading', tone: 'muted' }];
}
