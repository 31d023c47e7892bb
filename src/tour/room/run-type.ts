import type { RunCommandName } from '../script/script.ts';

/** The run type of a command, as the contract spells it: `NET_RECONFIG`. */
export function runTypeOf(run: RunCommandName): string {
  return run.toUpperCase().replaceAll('-', '_');
}
