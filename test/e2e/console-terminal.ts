import { onTestFinished } from 'vitest';
import type { PtyOptions } from '../support/pty-terminal.ts';
import { PtyTerminal } from '../support/pty-terminal.ts';

/** Starts the program on a terminal; it is killed when the test is over. */
export async function startOnTerminal(args: readonly string[], options?: PtyOptions): Promise<PtyTerminal> {
  const terminal = await PtyTerminal.start(args, options);
  onTestFinished(() => terminal.close());
  return terminal;
}
