import type { Line, Segment } from '../format/segment.ts';
import { sameLine } from '../format/segment.ts';
import { formatClock } from '../format/time.ts';
import { count } from '../format/words.ts';
import type { Size } from '../store/layout.ts';
import type { LogRow, LogState } from '../store/log.ts';
import { logTop } from '../store/log.ts';
import type { ConsoleState } from '../store/state.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import { useConsole, useTheme } from '../widgets/context.tsx';
import { Lines, LineView } from '../widgets/LineView.tsx';
import { PANEL_SIDES, Panel } from '../widgets/Panel.tsx';

/** The log of the run that is shown: its end, or where somebody scrolled to. */
export function LogPane({ size }: { readonly size: Size }) {
  const theme = useTheme();
  const { glyphs } = theme;
  const width = size.columns - PANEL_SIDES;
  const height = size.rows - 2;
  const focused = useConsole(({ ui }) => ui.focus === 'log');
  const title = useConsole(logTitle, sameLine);
  const log = useConsole((state) => state.log, sameLog);
  const top = logTop(log, height);
  const rows = log.rows.slice(top, top + height).map((row) => rowLine(row, glyphs, width));
  const lines: readonly Line[] = rows.length > 0 ? rows : [[{ text: nothingYet(log), tone: 'muted' }]];
  const isSeen = log.found !== undefined && log.found >= top && log.found < top + height;
  const at = isSeen && log.found !== undefined ? log.found - top : lines.length;
  const found = lines[at];
  return (
    <Panel width={size.columns} height={size.rows} title={title} focused={focused}>
      <Lines lines={lines.slice(0, at)} width={width} />
      {found === undefined ? undefined : <LineView line={found} width={width} style={theme.selected} />}
      <Lines lines={lines.slice(at + 1)} width={width} />
    </Panel>
  );
}

function logTitle({ log, connection }: ConsoleState): Line {
  const title: Segment[] = [{ text: 'Log', tone: 'strong' }];
  if (log.runId === '') return title;
  const step = log.lastStep === '' ? '' : ` · ${log.lastStep}`;
  const lines = ` · ${count(log.lines, 'line')}`;
  if (log.search !== '') title.push({ text: `  /${log.search}`, tone: 'accent' });
  if (log.pausedAt !== undefined) {
    const fresh = log.lines - log.linesAtPause;
    const text = ` · paused${fresh > 0 ? `, ${fresh.toLocaleString('en-US')} new` : ''} · G follows`;
    return [...title, { text, tone: 'warn' }, { text: lines, tone: 'muted' }];
  }
  if (connection.link.kind === 'lost' && log.open) {
    return [...title, { text: ' · waiting for the server', tone: 'warn' }, { text: lines, tone: 'muted' }];
  }
  return [...title, { text: `${step} · ${log.open ? 'following' : 'ended'}${lines}`, tone: 'muted' }];
}

function rowLine(row: LogRow, glyphs: Glyphs, width: number): Line {
  if (row.kind === 'step') {
    const text = `${row.step}${row.attempt > 1 ? `, attempt ${row.attempt}` : ''}`;
    const rule = glyphs.box.top;
    const rest = Math.max(0, width - text.length - 4);
    return [
      { text: `${rule.repeat(2)} `, tone: 'border' },
      { text, tone: 'accent' },
      { text: ` ${rule.repeat(rest)}`, tone: 'border' },
    ];
  }
  const at = row.at === undefined ? '' : `${formatClock(row.at)} `;
  if (!row.isError) return [{ text: at, tone: 'muted' }, { text: row.text }];
  return [
    { text: at, tone: 'muted' },
    { text: `${glyphs.attention} ${row.text}`, tone: 'warn' },
  ];
}

function nothingYet({ runId, open }: LogState): string {
  if (runId === '') return 'no run, no log';
  return open ? 'no line so far' : 'this run has written nothing';
}

function sameLog(a: LogState, b: LogState): boolean {
  return (
    a.rows === b.rows &&
    a.version === b.version &&
    a.pausedAt === b.pausedAt &&
    a.open === b.open &&
    a.found === b.found
  );
}
