import type { DomainEvent } from '../event.ts';
import type { Machine } from '../machine.ts';
import type { Step } from '../plan.ts';
import type { Millis } from '../time.ts';
import { machineEvent } from './decision.ts';

/** What the beginning of a step means for its machine: where it writes the disk, what was there is gone. Said once. */
export function imageBegun(machine: Machine | null, step: Step, now: Millis): readonly DomainEvent[] {
  if (machine === null || step.action.kind !== 'repave') return [];
  const context = { now, reason: 'ImageBegun' };
  const event = machineEvent(machine, 'IMAGE_BEGUN', `${step.name}: the disk is being written`, context);
  return event.patch.conditions === machine.conditions ? [] : [event];
}

/** What the good end of a step means for its machine: where it wrote the disk, an operating system is there. */
export function imageDone(machine: Machine | null, step: Step, now: Millis): readonly DomainEvent[] {
  if (machine === null || step.action.kind !== 'repave') return [];
  const context = { now, reason: 'ImageWritten', seen: true };
  return [machineEvent(machine, 'IMAGE_DONE', `${step.name}: the image is on the disk`, context)];
}
