import type { CallRecord } from '../../client/call-record.ts';
import { jsonText } from '../../client/json-text.ts';
import { callLines, callStatus, callTook, shortMethod } from '../format/call-lines.ts';
import type { Line } from '../format/segment.ts';
import { sameLines } from '../format/segment.ts';
import { formatClock } from '../format/time.ts';
import { count } from '../format/words.ts';
import type { ConsoleState } from '../store/state.ts';
import { chosenCall, listedCalls, wireRows } from '../store/wire.ts';
import { useConsole } from '../widgets/context.tsx';
import type { Column, Row } from '../widgets/DataTable.tsx';
import { CARET_CELLS, DataTable, sameRows } from '../widgets/DataTable.tsx';
import { Lines } from '../widgets/LineView.tsx';
import { PANEL_SIDES, Panel } from '../widgets/Panel.tsx';
import { Header } from './Header.tsx';

const GAP_CELLS = 2;
/** From this width on there is room for the messages and the request. */
const WIDE = 100;

/** The last calls on the wire: the list with the call under its cursor, or one call on the whole screen. */
export function WireScreen() {
  const size = useConsole(({ ui }) => ui.size);
  const closely = useConsole(({ wire }) => wire.closely !== undefined);
  const rows = wireRows(size);
  return (
    <>
      <Header />
      {closely ? undefined : <CallList rows={rows.list} />}
      <OneCall rows={closely ? size.rows - 2 : rows.call} focused={closely} />
    </>
  );
}

function CallList({ rows }: { readonly rows: number }) {
  const columns = useConsole(({ ui }) => ui.size.columns);
  const width = columns - PANEL_SIDES;
  const calls = useConsole(({ wire }) => wire.calls.length);
  const selected = useConsole(({ wire }) => wire.selection.id);
  const newer = useConsole(({ wire }) => wire.selection.row);
  const shape = columnsFor(width);
  const list = useConsole((state) => rowsOf(state, shape), sameRows);
  const above = newer > 0 ? ` · ${newer} newer above` : '';
  const title: Line = [
    { text: 'Calls on the wire', tone: 'strong' },
    { text: calls === 0 ? '' : ` · the last ${count(calls, 'call')}, newest first${above}`, tone: 'muted' },
  ];
  return (
    <Panel width={columns} height={rows} title={title} focused>
      <DataTable columns={shape} rows={list} selected={selected} focused width={width} dimmed={false} />
    </Panel>
  );
}

function OneCall({ rows, focused }: { readonly rows: number; readonly focused: boolean }) {
  const columns = useConsole(({ ui }) => ui.size.columns);
  const width = columns - PANEL_SIDES;
  const height = rows - 2;
  const lines = useConsole((state) => linesOf(state, width), sameLines);
  const wanted = useConsole(({ wire }) => (wire.closely === undefined ? 0 : wire.top));
  const id = useConsole(({ wire }) => chosenCall(wire)?.id);
  const top = Math.min(wanted, Math.max(0, lines.length - height));
  const below = lines.length - top - height;
  const more = below > 0 ? ` · ${count(below, 'more line')} below` : '';
  const title: Line = [
    { text: id === undefined ? 'Call' : `Call ${id}`, tone: 'strong' },
    { text: more, tone: 'muted' },
  ];
  return (
    <Panel width={columns} height={rows} title={title} focused={focused}>
      <Lines lines={lines.slice(top, top + height)} width={width} />
    </Panel>
  );
}

function linesOf({ wire, clock }: ConsoleState, width: number): readonly Line[] {
  const call = chosenCall(wire);
  if (call === undefined || wire.target === undefined) return [[{ text: 'no call so far', tone: 'muted' }]];
  return callLines(call, wire.target, width, clock.now);
}

function columnsFor(width: number): readonly Column[] {
  const fixed: readonly Column[] = [
    { key: 'time', title: 'TIME', width: 8, align: 'left' },
    { key: 'status', title: 'STATUS', width: 19, align: 'left' },
    { key: 'took', title: 'TOOK', width: 8, align: 'right' },
  ];
  const wide: readonly Column[] = [
    { key: 'messages', title: 'MESSAGES', width: 8, align: 'right' },
    { key: 'request', title: 'REQUEST', width: 0, align: 'left' },
  ];
  const isWide = width + PANEL_SIDES >= WIDE;
  const taken = [...fixed, ...(isWide ? wide : [])].reduce(
    (sum, { width: cells }) => sum + cells + GAP_CELLS,
    CARET_CELLS,
  );
  const room = width - taken;
  const method: Column = { key: 'method', title: 'METHOD', width: isWide ? 34 : room, align: 'left' };
  const request = { width: room - method.width };
  const [time, ...rest] = fixed;
  const last = isWide ? wide.map((column) => (column.key === 'request' ? { ...column, ...request } : column)) : [];
  return [...(time === undefined ? [] : [time]), method, ...rest, ...last];
}

function rowsOf({ wire, ui, clock }: ConsoleState, columns: readonly Column[]): readonly Row[] {
  const { top } = wire.selection;
  return wire.calls.slice(top, top + listedCalls(ui.size)).map((call) => ({
    id: String(call.id),
    cells: columns.map(({ key }) => cellOf(call, key, clock.now)),
  }));
}

function cellOf(call: CallRecord, column: string, now: number) {
  switch (column) {
    case 'time':
      return { text: formatClock(call.startedAt), tone: 'muted' as const };
    case 'method':
      return { text: shortMethod(call.method) };
    case 'status':
      return callStatus(call);
    case 'took':
      return { text: callTook(call, now) };
    case 'messages':
      return { text: call.kind === 'stream' ? call.messages.toLocaleString('en-US') : '' };
    default:
      return { text: jsonText(call.request), tone: 'muted' as const };
  }
}
