import type { Event } from '../../wire/gen/baremetal/v1/event_pb.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import type { Tone } from '../theme/theme.ts';
import type { ListColumn } from './list-columns.ts';
import { printable } from './printable.ts';
import type { Segment } from './segment.ts';
import { formatStamp, millis } from './time.ts';
import { planName, shortRunId, withShortRunIds } from './words.ts';

/** The columns of the list of events. */
export type EventColumn = 'time' | 'machine' | 'run' | 'kind' | 'by' | 'message';

/** The columns of the list of events. @param machine cells of the longest machine id */
export function eventColumns(machine: number): readonly ListColumn<EventColumn>[] {
  return [
    { key: 'time', title: 'TIME', width: 11 },
    { key: 'machine', title: 'MACHINE', width: machine },
    { key: 'run', title: 'RUN', width: 8, leaves: 3 },
    { key: 'kind', title: 'KIND', width: 19, leaves: 2 },
    { key: 'by', title: 'BY', width: 10, leaves: 1 },
    { key: 'message', title: 'MESSAGE', width: 28, flexible: true },
  ];
}

/** What a row of the list of events says. @param now ms since 1970 */
export function eventCells(event: Event, glyphs: Glyphs, now: number): Readonly<Record<EventColumn, Segment>> {
  const at = millis(event.ts);
  return {
    time: { text: at === undefined ? '' : formatStamp(at, now), tone: 'muted' },
    machine: { text: event.machineId || planName(event.planId) || glyphs.nothing },
    run: { text: shortRunId(event.runId) || glyphs.nothing, tone: 'muted' },
    kind: { text: event.kind, tone: eventTone(event) },
    by: { text: printable(event.actor) || glyphs.nothing, tone: 'muted' },
    message: { text: withShortRunIds(printable(eventMessage(event))) },
  };
}

/** What happened, and why, where somebody gave a reason; of some events the message tells it already. */
export function eventMessage({ message, reason }: Pick<Event, 'message' | 'reason'>): string {
  return reason === '' || message.includes(`: ${reason}`) ? message : `${message} (${reason})`;
}

/** All that can be read of an event in the list, for free text. */
export function eventText(event: Event): string {
  const { machineId, runId, planId, kind, actor, requestId, method, peer, server, step } = event;
  return printable(
    [machineId, runId, planId, kind, actor, eventMessage(event), requestId, method, peer, server, step].join(' '),
  );
}

/** The tone of what happened; the word says the same. */
export function eventTone({ kind }: Event): Tone {
  if (/FAILED|UNKNOWN/.test(kind)) return 'error';
  if (/CANCEL|INTERRUPTED|HELD|MAINTENANCE_ENTERED|RMA_MARKED|DELETED|RETIRED/.test(kind)) return 'warn';
  return /^(SUCCEEDED|STEP_SUCCEEDED|RUN_DONE|REPAVED|REPAVED_AND_JOINED|RMA_COMPLETED)$/.test(kind) ? 'ok' : 'text';
}
