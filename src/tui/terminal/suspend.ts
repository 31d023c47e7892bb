import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long the signal may take to stop this process, in ms. Timers stand still while it is stopped. */
const STOP_MS = 250;

/**
 * Stops this process and those that it was started with, as the terminal itself does at Ctrl-Z, and resolves when it goes on.
 * Where there is no shell to go back to, the system ignores the signal, and it goes on at once.
 */
export async function stopProcessGroup(): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  const continued = once(process, 'SIGCONT', { signal });
  // A signal that somebody listens to stops nothing.
  const listeners = process.listeners('SIGTSTP');
  process.removeAllListeners('SIGTSTP');
  process.kill(0, 'SIGTSTP');
  await Promise.race([continued, sleep(STOP_MS, undefined, { signal })]).finally(() => done.abort());
  for (const listener of listeners) process.on('SIGTSTP', listener);
}

/** Calls `onStop` when somebody asks this process to stop, and `onGo` when it goes on. @returns what stops listening */
export function listenForStops(onStop: () => void, onGo: () => void): () => void {
  process.on('SIGTSTP', onStop);
  process.on('SIGCONT', onGo);
  return () => {
    process.off('SIGTSTP', onStop);
    process.off('SIGCONT', onGo);
  };
}
