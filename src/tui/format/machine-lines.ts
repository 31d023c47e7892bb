import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import type { Tone } from '../theme/theme.ts';
import { wrap } from './cells.ts';
import { phaseTone } from './machine-row.ts';
import { printable } from './printable.ts';
import type { Line, Segment } from './segment.ts';
import { formatAge, formatClock, millis } from './time.ts';
import { machinePhaseWord, withShortRunIds } from './words.ts';

const NAME_CELLS = 11;
const MAX_ROWS = 4;

/** All that is said of a machine: how it is, what was declared of it, its conditions. @param now the server's time, in ms since 1970 */
export function machineLines(machine: Machine, width: number, glyphs: Glyphs, now: number): readonly Line[] {
  const { spec, status, labels } = machine;
  const lines: Line[] = [];
  const say = (name: string, text: string, tone?: Tone) => {
    if (text === '') return;
    const rows = wrap(withShortRunIds(printable(text)), width - NAME_CELLS, MAX_ROWS, glyphs.ellipsis);
    lines.push(...rows.map((row, at): Line => [nameCell(at === 0 ? name : ''), { text: row, ...(tone && { tone }) }]));
  };
  const since = millis(status?.phaseSince);
  const age = since === undefined ? '' : ` for ${formatAge(now - since)}`;
  say('phase', `${machinePhaseWord(status?.phase ?? 0)}${age}`, phaseTone(machine));
  // Where it says the same as the phase it would only be read twice.
  const state = status === undefined || status.effectiveState === status.phase ? undefined : status.effectiveState;
  say('state', state === undefined ? '' : machinePhaseWord(state));
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
    const isBad = type === 'NeedsIntervention' || type === 'OperationCanceled';
    const sign = set ? (isBad ? glyphs.attention : glyphs.done) : glyphs.skipped;
    lines.push([
      { text: `${sign} ${type}`, tone: set ? (isBad ? 'warn' : 'ok') : 'muted' },
      { text: set ? '' : ' is false', tone: 'muted' },
    ]);
    say('', `${when}${message || reason}`, 'muted');
  }
  return lines;
}

function nameCell(name: string): Segment {
  return { text: name.padEnd(NAME_CELLS), tone: 'muted' };
}
