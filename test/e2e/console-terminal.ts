import { onTestFinished } from 'vitest';
import type { PtyOptions } from '../support/pty-terminal.ts';
import { PtyTerminal } from '../support/pty-terminal.ts';

/** Starts the program on a terminal; it is killed when the test is over. */
export async function startOnTerminal(args: readonly string[], options?: PtyOptions): Promise<PtyTerminal> {
  const terminal = await PtyTerminal.start(args, options);
  onTestFinished(() => terminal.close());
  return terminal;
}

/** What a console with a server of its own is started with. */
export const OWN = ['tui', '--port', '0', '--store', 'memory'];

/** A console of its own with three machines, the first of them selected. */
export async function withMachines(...args: string[]): Promise<PtyTerminal> {
  const terminal = await startOnTerminal([...OWN, ...args]);
  await terminal.until('No machines yet.');
  await terminal.until('memory');
  terminal.press('i');
  await terminal.until('3 machines imported');
  await terminal.until(/> {2}machine-1 .*\n.*machine-2 .*\n.*machine-3/);
  return terminal;
}

/** Answers the question that is open with yes, once it takes keys. */
export async function yes(terminal: PtyTerminal): Promise<void> {
  await terminal.until('y yes');
  terminal.press('y');
}
