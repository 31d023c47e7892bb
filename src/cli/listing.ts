import type { Command } from 'commander';
import { Option } from 'commander';
import { filterFields } from '../core/domain/filter.ts';
import type { Context } from './context.ts';
import { usageFailure } from './failure.ts';

/** The options that lists have. */
export interface ListOptions {
  readonly filter?: string;
  readonly sort?: string;
  readonly limit: string;
}

/** So many rows are shown unless told otherwise. */
const DEFAULT_LIMIT = 1_000;

/** What a list can be asked for: an example of a filter, and what it can be sorted by, in words. */
export interface ListWords {
  readonly subject: 'machine' | 'run';
  readonly example: string;
  readonly sort: string;
}

/** Gives a command the options of a list. */
export function addListOptions(command: Command, { subject, example, sort }: ListWords): void {
  const fields = filterFields(subject).join(', ');
  command
    .addOption(new Option('--filter <FILTER>', `only what matches, as '${example}'; over ${fields}`))
    .addOption(new Option('--sort <FIELD>', `by ${sort}; 'FIELD desc' the other way round`))
    .addOption(
      new Option('--limit <N>', 'at most so many; 0 for all').default(String(DEFAULT_LIMIT), String(DEFAULT_LIMIT)),
    );
}

/** Gathers at most as many rows as the options allow, and says on stderr where there are more. */
export async function gather<T>(
  context: Context,
  { limit }: ListOptions,
  list: (limit: number) => AsyncIterable<T>,
): Promise<readonly T[]> {
  if (!/^\d{1,9}$/.test(limit)) throw usageFailure(`--limit must be a whole number, and is "${limit}"`);
  const most = Number(limit) === 0 ? Number.POSITIVE_INFINITY : Number(limit);
  const rows: T[] = [];
  for await (const row of list(most + 1)) {
    if (rows.length === most) {
      await context.note(`there are more than these ${most}; --limit 0 shows all`);
      break;
    }
    rows.push(row);
  }
  return rows;
}
