import { EXIT } from './exit-code.ts';

/** The reason of a signal that Ctrl-C aborted. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/**
 * A signal that the first Ctrl-C aborts; the second ends the program at once. `dispose` gives Ctrl-C back its usual
 * meaning.
 */
export function catchInterrupt(): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort(new Interrupted());
  };
  process.on('SIGINT', onSignal);
  return { signal: controller.signal, dispose: () => process.off('SIGINT', onSignal) };
}
