import type { Client } from '../client/client.ts';
import { CommandFailure, usageFailure } from './failure.ts';

/** A run's whole id. */
const RUN_ID_LENGTH = 16;

/** How many of the runs that a prefix stands for are named. */
const MAX_NAMED = 5;

/** A machine's id, also where it was written as `-o name` writes it. */
export function machineIdOf(text: string): string {
  return text.replace(/^machine\//, '');
}

/**
 * The id of the one run that begins with `text`.
 *
 * @throws CommandFailure where no run does, or several do
 */
export async function resolveRunId(client: Client, text: string): Promise<string> {
  const prefix = text.replace(/^run\//, '');
  if (!/^[0-9a-z]{1,16}$/.test(prefix)) {
    throw usageFailure(`"${text}" is no run id: those are 16 of 0-9 and a-z, and their first few will do`);
  }
  if (prefix.length === RUN_ID_LENGTH) return prefix;
  const found: string[] = [];
  // The filter finds the letters anywhere in an id; beginnings are picked out here.
  for await (const { runId } of client.listRuns({ filter: `run_id:${prefix}` })) {
    if (runId.startsWith(prefix)) found.push(runId);
    if (found.length > MAX_NAMED) break;
  }
  const [only, second] = found;
  if (only === undefined) throw new CommandFailure(`there is no run whose id begins with "${prefix}"`);
  if (second === undefined) return only;
  const named = found.slice(0, MAX_NAMED).join(', ');
  throw usageFailure(
    `"${prefix}" stands for several runs: ${named}${found.length > MAX_NAMED ? ' …' : ''}; give more of the id`,
  );
}
