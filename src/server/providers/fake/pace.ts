import { type Clock, wait } from '../../../core/ports/clock.ts';

/** Spreads a step over its time. It measures from the beginning, so that late timers do not add up. */
export interface Pace {
  /** Waits until this part of the step's time is over, from 0 to 1; false if it was aborted first. */
  reach(part: number): Promise<boolean>;
  /** Holds everything up by `ms`; false if it was aborted first. */
  pause(ms: number): Promise<boolean>;
  /** From now on nothing takes time and no abort is heeded. */
  rush(): void;
}

/** The pace of a step that takes `totalMs` from now on. */
export function paceOf(clock: Clock, totalMs: number, signal: AbortSignal): Pace {
  const begin = clock.monotonic();
  let pauses = 0;
  let reached = 0;
  let rushed = false;
  const reach = async (part: number): Promise<boolean> => {
    reached = part;
    if (rushed) return true;
    if (signal.aborted) return false;
    const left = begin + pauses + Math.round(totalMs * part) - clock.monotonic();
    return left > 0 ? wait(clock, left, signal) : true;
  };
  return {
    reach,
    pause: (ms) => {
      pauses += ms;
      return reach(reached);
    },
    rush: () => {
      rushed = true;
    },
  };
}
