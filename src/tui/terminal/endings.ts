/** Why a console ends without being asked on the keyboard. */
export type Ending =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'error'; readonly error: unknown };

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `onEnd` for every way in which a process is told to end, or fails, and `onExit` when it ends whatever was said.
 *
 * @returns what stops listening
 */
export function listenForEndings(onEnd: (ending: Ending) => void, onExit: () => void): () => void {
  const onSignal = (signal: NodeJS.Signals) => onEnd({ kind: 'signal', signal });
  const onError = (error: unknown) => onEnd({ kind: 'error', error });
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('uncaughtException', onError);
  process.on('unhandledRejection', onError);
  process.on('exit', onExit);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    process.off('uncaughtException', onError);
    process.off('unhandledRejection', onError);
    process.off('exit', onExit);
  };
}
