import { wrap } from '../format/cells.ts';
import { phaseTone } from '../format/machine-row.ts';
import { printable } from '../format/printable.ts';
import type { Line, Segment } from '../format/segment.ts';
import { sameLine, sameLines } from '../format/segment.ts';
import { formatAge, formatClock, millis } from '../format/time.ts';
import { machinePhaseWord } from '../format/words.ts';
import type { Size } from '../store/layout.ts';
import { selectedMachine, serverNow } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { noMachineReason } from '../store/subject.ts';
import type { Tone } from '../theme/theme.ts';
import { themeOfState, useConsole } from '../widgets/context.tsx';
import { Lines } from '../widgets/LineView.tsx';
import { PANEL_SIDES, Panel } from '../widgets/Panel.tsx';

const NAME_CELLS = 11;
const MAX_ROWS = 4;

/** The selected machine: what was declared of it, and what became of it. */
export function MachinePane({ size }: { readonly size: Size }) {
  const width = size.columns - PANEL_SIDES;
  const height = size.rows - 2;
  const focused = useConsole(({ ui }) => ui.focus === 'machine');
  const title = useConsole(paneTitle, sameLine);
  const lines = useConsole((state) => machineLines(state, width), sameLines);
  const wanted = useConsole(({ ui }) => ui.machineTop);
  const top = Math.min(wanted, Math.max(0, lines.length - height));
  return (
    <Panel width={size.columns} height={size.rows} title={title} focused={focused}>
      <Lines lines={lines.slice(top, top + height)} width={width} />
    </Panel>
  );
}

function paneTitle(state: ConsoleState): Line {
  const machine = selectedMachine(state);
  return [{ text: machine === undefined ? 'Machine' : `Machine ${machine.machineId}`, tone: 'strong' }];
}

function machineLines(state: ConsoleState, width: number): readonly Line[] {
  const machine = selectedMachine(state);
  if (machine === undefined) return [[{ text: noMachineReason(state), tone: 'muted' }]];
  const { spec, status, labels } = machine;
  const { glyphs } = themeOfState(state);
  const lines: Line[] = [];
  const say = (name: string, text: string, tone?: Tone) => {
    if (text === '') return;
    const rows = wrap(printable(text), width - NAME_CELLS, MAX_ROWS, glyphs.ellipsis);
    lines.push(...rows.map((row, at): Line => [nameCell(at === 0 ? name : ''), { text: row, ...(tone && { tone }) }]));
  };
  const since = millis(status?.phaseSince);
  const age = since === undefined ? '' : ` for ${formatAge(serverNow(state) - since)}`;
  say('phase', `${machinePhaseWord(status?.phase ?? 0)}${age}`, phaseTone(machine));
  say('state', status === undefined ? '' : machinePhaseWord(status.effectiveState));
  say('waits for', status?.waitingFor?.detail ?? '', 'warn');
  say('held by', status?.stoppingRunId ?? '', 'warn');
  lines.push([]);
  say('provider', spec?.provider ?? '');
  say('rack', spec?.rack ?? '');
  say('cluster', spec?.targetCluster?.clusterId ?? '');
  say('model', spec?.model ?? '');
  say('serial', spec?.serial ?? '');
  say('MAC', spec?.macAddresses.join(' ') ?? '');
  say('BMC', spec?.bmcAddress ?? '');
  say('ssh', spec?.sshEndpoint ?? '');
  say(
    'labels',
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(' '),
  );
  lines.push([]);
  for (const { type, status: set, reason, message, lastTransitionTime } of status?.conditions ?? []) {
    const at = millis(lastTransitionTime);
    const when = at === undefined ? '' : `${formatClock(at)} `;
    const tone = set ? (type === 'NeedsIntervention' || type === 'OperationCanceled' ? 'warn' : 'ok') : 'muted';
    lines.push([
      { text: `${set ? glyphs.done : glyphs.skipped} ${type}`, tone },
      { text: set ? '' : ' is false', tone: 'muted' },
    ]);
    say('', `${when}${message || reason}`, 'muted');
  }
  return lines;
}

function nameCell(name: string): Segment {
  return { text: name.padEnd(NAME_CELLS), tone: 'muted' };
}
