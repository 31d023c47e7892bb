import type { Event } from '../../wire/gen/baremetal/v1/event_pb.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import { eventTone } from './event-row.ts';
import { namedLines } from './named-lines.ts';
import { printable } from './printable.ts';
import type { Line } from './segment.ts';
import { formatClock, millis } from './time.ts';

/** The whole of an event: what happened, to what, who brought it about, why, and from where. */
export function eventLines(event: Event, width: number, glyphs: Glyphs): readonly Line[] {
  const at = millis(event.ts);
  const when = at === undefined ? '' : `${formatClock(at)} here, ${new Date(at).toISOString()}`;
  const attempt = event.attempt === 0 ? '' : `, attempt ${event.attempt}`;
  return namedLines(
    [
      ['time', when],
      ['kind', event.kind, eventTone(event)],
      ['message', printable(event.message)],
      ['machine', event.machineId],
      ['run', event.runId],
      ['plan', event.planId],
      ['step', event.step === '' ? '' : event.step + attempt],
      ['who', printable(event.actor)],
      ['why', printable(event.reason)],
      ['method', event.method],
      ['request id', printable(event.requestId)],
      ['peer', event.peer],
      ['server', event.server],
    ],
    width,
    glyphs,
  );
}
