import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { Client } from '../client/client.ts';
import { printable } from '../tui/format/printable.ts';
import type { Context } from './context.ts';
import { EXIT } from './exit-code.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { machineIdOf, resolveRunId } from './ids.ts';

/** The options that stand in the place of ids, as commander gives them. */
export interface SelectOptions {
  readonly selector?: string;
  readonly expect?: string;
  readonly yes?: boolean;
}

/** So many of them are named where they are to be confirmed. */
const MAX_NAMED = 10;

/** What a command takes ids of. */
interface Kind {
  readonly noun: string;
  readonly example: string;
  /** The ids of all that match. */
  readonly find: (client: Client, selector: string) => AsyncIterable<string>;
  /** The whole id that is meant by what was written. */
  readonly idOf: (client: Client, text: string) => string | Promise<string>;
}

/** Machines, by their whole ids. */
export const MACHINES: Kind = {
  noun: 'machine',
  example: 'rack=r1 AND phase=READY',
  async *find(client, selector) {
    for await (const { machineId } of client.listMachines({ filter: selector })) yield machineId;
  },
  idOf: (_client, text) => machineIdOf(text),
};

/** Runs that have not ended, by the beginning of their ids. */
export const RUNS: Kind = {
  noun: 'run',
  example: 'plan_id=plan/upgrade AND phase=RUNNING',
  async *find(client, selector) {
    const filter = `${selector} AND phase!=SUCCEEDED AND phase!=FAILED AND phase!=CANCELED`;
    for await (const { runId } of client.listRuns({ filter })) yield runId;
  },
  idOf: resolveRunId,
};

/** Gives a command that takes ids the options that stand in their place. */
export function addSelectOptions(command: Command, { noun, example }: Kind): void {
  const ofRuns = noun === 'run' ? ' and have not ended' : '';
  command
    .option('--selector <FILTER>', `the ${noun}s that match${ofRuns}, as '${example}', in place of ids`)
    .option('--expect <N>', `refuse unless the selector matches so many ${noun}s`)
    .option('--yes', `do not ask for the number of ${noun}s that a selector matches`);
}

/**
 * What a command is about, each id once: those named, or those that the selector matches now. What it matches later is
 * not among them.
 *
 * @param asks false where nothing is changed, so that nothing needs to be confirmed
 * @throws CommandFailure where it matches none or not as many as expected, or nobody confirms that it is to be so many
 */
export async function selectIds(
  context: Context,
  kind: Kind,
  ids: readonly string[],
  { selector, expect, yes = false }: SelectOptions,
  asks = true,
): Promise<readonly string[]> {
  const { noun } = kind;
  if (selector === undefined) {
    if (expect !== undefined || yes) throw usageFailure('--expect and --yes are about a --selector');
    if (ids.length === 0) throw usageFailure(`name ${noun}s, or select them with --selector`);
    const whole: string[] = [];
    for (const id of ids) whole.push(await kind.idOf(context.client(), id));
    return [...new Set(whole)];
  }
  if (ids.length > 0) throw usageFailure(`name ${noun}s, or select them with --selector, not both`);
  if (selector.trim() === '') throw usageFailure(`--selector is empty, which would be every ${noun}`);
  if (expect !== undefined && !/^[1-9]\d{0,8}$/.test(expect)) {
    throw usageFailure(`--expect must be a whole number from 1, and is "${expect}"`);
  }
  const found: string[] = [];
  for await (const id of kind.find(context.client(), selector)) found.push(id);
  if (found.length === 0) throw usageFailure(`no ${noun} matches '${selector}'`);
  const counted = `${found.length} ${found.length === 1 ? noun : `${noun}s`}`;
  if (expect !== undefined && Number(expect) !== found.length) {
    throw new CommandFailure(`'${selector}' matches ${counted}, and --expect says ${expect}`, EXIT.refused);
  }
  if (asks && !yes && found.length > 1) await confirmCount(context, counted, found);
  return found;
}

/**
 * Has the number typed of what is to be worked on.
 *
 * @param counted them as people say it: `3 machines`
 * @param why what makes them so many, as the beginning of a sentence
 */
export async function confirmCount(
  { io }: Context,
  counted: string,
  found: readonly string[],
  why = 'the selector matches',
): Promise<void> {
  if (!io.inIsTerminal) throw usageFailure(`${why} ${counted}; without a terminal that takes --yes`);
  const named = found.slice(0, MAX_NAMED).join(', ');
  const more = found.length > MAX_NAMED ? ` and ${found.length - MAX_NAMED} more` : '';
  await io.err.line(printable(`${counted}: ${named}${more}`));
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
  throw new CommandFailure(`${found.length} was not typed; nothing was changed`, EXIT.refused);
}
