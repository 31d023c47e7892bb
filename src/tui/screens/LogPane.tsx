import { logLines } from '../format/log-lines.ts';
import type { Line, Segment } from '../format/segment.ts';
import { sameLine } from '../format/segment.ts';
import { count, shortRunId } from '../format/words.ts';
import { keyFor } from '../store/key-names.ts';
import type { Size } from '../store/layout.ts';
import type { LogState } from '../store/log.ts';
import { isAtServerLog } from '../store/place.ts';
import { isLogZoomed, shownLog, shownRun } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { useConsole, useTheme } from '../widgets/context.tsx';
import { LineView } from '../widgets/LineView.tsx';
import { PANEL_SIDES, Panel } from '../widgets/Panel.tsx';

/** The log of the run that is shown: its end, or where somebody scrolled to. */
export function LogPane({ size }: { readonly size: Size }) {
  const theme = useTheme();
  const width = size.columns - PANEL_SIDES;
  const focused = useConsole(({ ui }) => ui.focus === 'log');
  const title = useConsole(logTitle, sameLine);
  const log = useConsole(shownLog, sameLog);
  const look = useConsole(({ ui }) => ui.logLook);
  const lines = logLines(log, { width, height: size.rows - 2, look }, theme.glyphs);
  return (
    <Panel width={size.columns} height={size.rows} title={title} focused={focused}>
      {lines.length > 0 ? undefined : <LineView line={[{ text: nothingYet(log), tone: 'muted' }]} width={width} />}
      {lines.map(({ line, isFound }, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is its place, whatever is in it
        <LineView key={row} line={line} width={width} {...(isFound ? { style: theme.selected } : {})} />
      ))}
    </Panel>
  );
}

function logTitle(state: ConsoleState): Line {
  const { connection, ui } = state;
  const log = shownLog(state);
  const isServers = isAtServerLog(ui);
  const title: Segment[] = [{ text: isServers ? 'Server log' : 'Log', tone: 'strong' }];
  if (log.runId === '' && !isServers) return title;
  // Nothing else on the screen says whose it is.
  if (isLogZoomed(ui) && !isServers) {
    const machine = shownRun(state)?.machineId ?? '';
    title.push({ text: ` · run ${shortRunId(log.runId)} · ${machine}`, tone: 'muted' });
  }
  if (log.step !== '') title.push({ text: ` · ${log.step} alone`, tone: 'accent' });
  if (log.search !== '') title.push({ text: `  /${log.search}`, tone: 'accent' });
  const lines = ` · ${count(log.shown, 'line')}`;
  if (log.pausedAt !== undefined) {
    const fresh = log.shown - log.shownAtPause;
    const text = ` · paused${fresh > 0 ? `, ${fresh.toLocaleString('en-US')} new` : ''} · ${keyFor(state, 'move.end')} follows`;
    return [...title, { text, tone: 'warn' }, { text: lines, tone: 'muted' }];
  }
  if (connection.link.kind === 'lost' && log.open) {
    return [...title, { text: ' · waiting for the server', tone: 'warn' }, { text: lines, tone: 'muted' }];
  }
  const step = log.lastStep === '' || log.step !== '' ? '' : ` · ${log.lastStep}`;
  return [...title, { text: `${step} · ${log.open ? 'following' : 'ended'}${lines}`, tone: 'muted' }];
}

function nothingYet({ runId, open }: LogState): string {
  if (runId === '' && !open) return 'no run, no log';
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
