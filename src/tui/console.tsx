import type { ConsoleExit, ConsoleOptions, ConsoleStreams } from './options.ts';
import { forcedColour } from './terminal/colour-depth.ts';
import { refuseTerminal } from './terminal/fit-terminal.ts';

/**
 * Runs a console until it ends, and brings the terminal back to what it was whatever way it ends. Only then does it resolve;
 * it never rejects. The caller ends what `open` has opened, and the process with the exit's code.
 */
export async function runConsole(options: ConsoleOptions): Promise<ConsoleExit> {
  const streams: ConsoleStreams = options.streams ?? process;
  const refusal = refuseTerminal(streams, process.env.TERM);
  if (refusal !== undefined) {
    streams.stderr.write(`${refusal}\n`);
    return { kind: 'no-terminal', code: 2 };
  }
  const colour = forcedColour(process.env);
  if (colour !== undefined) process.env.FORCE_COLOR = colour;
  // Ink's colour library reads the environment when it is loaded, so this is the first that loads it.
  const { Stage } = await import('./stage.tsx');
  return new Stage(options, streams).run();
}
