import type { Clock } from '../../../../core/ports/clock.ts';

/** The calls that stand still and take no notice of their abort. */
export interface Standstills {
  /**
   * Stands still until `forMs` after the signal was aborted, or until released; null means until released alone.
   * There are never more of them than calls that are going.
   */
  stand(machineId: string, signal: AbortSignal, forMs: number | null): Promise<void>;
  /** Lets the calls to a machine that stand still go on; how many there were. */
  release(machineId: string): number;
}

/** Keeps the standstills of one provider. */
export function createStandstills(clock: Clock): Standstills {
  const standing = new Set<{ readonly machineId: string; readonly goOn: () => void }>();
  return {
    stand: (machineId, signal, forMs) =>
      new Promise((resolve) => {
        let takeTimerAway = () => {};
        const aborted = () => {
          if (forMs !== null) takeTimerAway = clock.after(forMs, goOn);
        };
        const goOn = () => {
          standing.delete(entry);
          takeTimerAway();
          signal.removeEventListener('abort', aborted);
          resolve();
        };
        const entry = { machineId, goOn };
        standing.add(entry);
        if (signal.aborted) aborted();
        else signal.addEventListener('abort', aborted, { once: true });
      }),
    release: (machineId) => {
      const released = [...standing].filter((entry) => entry.machineId === machineId);
      for (const { goOn } of released) goOn();
      return released.length;
    },
  };
}
