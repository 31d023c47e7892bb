import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { printable } from '../tui/format/printable.ts';
import type { Context } from './context.ts';
import { EXIT } from './exit-code.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { machineIdOf } from './ids.ts';

/** The options by which a command names machines, as commander gives them. */
export interface SelectOptions {
  readonly selector?: string;
  readonly expect?: string;
  readonly yes?: boolean;
}

/** So many of the machines are named where they are to be confirmed. */
const MAX_NAMED = 10;

/** Gives a command that takes machine ids the options that stand in their place. */
export function addSelectOptions(command: Command): void {
  command
    .option('--selector <FILTER>', "the machines that match, as 'rack=r1 AND phase=READY', in place of ids")
    .option('--expect <N>', 'refuse unless the selector matches so many machines')
    .option('--yes', 'do not ask for the number of machines that a selector matches');
}

/**
 * The machines that a command is about, each once: those named, or those that the selector matches now. What it matches later is
 * not among them.
 *
 * @param asks false where nothing is changed, so that nothing needs to be confirmed
 * @throws CommandFailure where it matches none or not as many as expected, or nobody confirms that it is to be so many
 */
export async function selectMachines(
  context: Context,
  ids: readonly string[],
  { selector, expect, yes = false }: SelectOptions,
  asks: boolean,
): Promise<readonly string[]> {
  if (selector === undefined) {
    if (expect !== undefined || yes) throw usageFailure('--expect and --yes are about a --selector');
    if (ids.length === 0) throw usageFailure('name machines, or select them with --selector');
    return [...new Set(ids.map(machineIdOf))];
  }
  if (ids.length > 0) throw usageFailure('name machines, or select them with --selector, not both');
  if (selector.trim() === '') throw usageFailure('--selector is empty, which would be every machine');
  if (expect !== undefined && !/^[1-9]\d{0,8}$/.test(expect)) {
    throw usageFailure(`--expect must be a whole number from 1, and is "${expect}"`);
  }
  const found: string[] = [];
  for await (const { machineId } of context.client().listMachines({ filter: selector })) found.push(machineId);
  if (found.length === 0) throw usageFailure(`no machine matches '${selector}'`);
  const machines = `${found.length} ${found.length === 1 ? 'machine' : 'machines'}`;
  if (expect !== undefined && Number(expect) !== found.length) {
    throw new CommandFailure(`'${selector}' matches ${machines}, and --expect says ${expect}`, EXIT.refused);
  }
  if (asks && !yes && found.length > 1) await confirm(context, machines, found);
  return found;
}

/** Has the number typed that is to be worked on. */
async function confirm({ io }: Context, machines: string, found: readonly string[]): Promise<void> {
  if (!io.inIsTerminal) throw usageFailure(`the selector matches ${machines}; without a terminal that takes --yes`);
  const named = found.slice(0, MAX_NAMED).join(', ');
  const more = found.length > MAX_NAMED ? ` and ${found.length - MAX_NAMED} more` : '';
  await io.err.line(printable(`${machines}: ${named}${more}`));
  await io.err.write(`type ${found.length} to go on: `);
  const reader = createInterface({ input: io.input });
  try {
    for await (const line of reader) {
      if (line.trim() === String(found.length)) return;
      break;
    }
  } finally {
    reader.close();
  }
  throw new CommandFailure(`${found.length} was not typed; nothing was started`, EXIT.refused);
}
