import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ConsoleExit, ConsoleOptions } from '../../src/tui/options.ts';
import { BackendDouble } from './backend-double.ts';
import { VirtualTerminal } from './virtual-terminal.ts';

// Read by Ink's colour library when it is loaded: pictures and tests of themes see the colours.
process.env.FORCE_COLOR = '3';
const { runConsole } = await import('../../src/tui/console.tsx');

/** What of a console's options a test may set, and its terminal's size. */
export interface OpenConsole extends Partial<Omit<ConsoleOptions, 'streams'>> {
  readonly columns?: number;
  readonly rows?: number;
  readonly backend?: BackendDouble;
}

/** A console on a terminal in memory, with a server that does what the test says. */
export interface ConsoleUnderTest {
  readonly terminal: VirtualTerminal;
  readonly backend: BackendDouble;
  readonly exit: Promise<ConsoleExit>;
  readonly stateDirectory: string;
}

/** Opens a console; it is closed when the test is over. */
export function openConsole({ columns = 120, rows = 40, ...rest }: OpenConsole = {}): ConsoleUnderTest {
  const terminal = new VirtualTerminal(columns, rows);
  const backend = rest.backend ?? new BackendDouble();
  const stateDirectory = mkdtempSync(join(tmpdir(), 'bmdemo-console-'));
  const exit = runConsole({
    open: () => Promise.resolve({ backend, label: '127.0.0.1:50051' }),
    label: '127.0.0.1:50051',
    attached: false,
    stateDirectory,
    ...rest,
    streams: terminal.streams,
  });
  onTestFinished(async () => {
    terminal.press('\x03');
    terminal.press('\x03');
    await exit;
    rmSync(stateDirectory, { recursive: true, force: true });
  });
  return { terminal, backend, exit, stateDirectory };
}
