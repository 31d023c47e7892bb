import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TourMoment } from '../../tour/director/director.ts';
import type { Compared } from '../../tour/rehearsal.ts';
import { compare, readRehearsals, rehearsalOf, withRehearsal } from '../../tour/rehearsal.ts';
import { formatCountdown } from '../../tui/format/time.ts';
import type { Context } from '../context.ts';
import { CommandFailure } from '../failure.ts';
import type { Column } from '../output/table.ts';
import { tableLines } from '../output/table.ts';
import { stateDirectory } from '../state-directory.ts';

const time = (ms: number | null) => (ms === null ? '–' : formatCountdown(ms));

const COLUMNS: readonly Column<Compared>[] = [
  { title: 'CHAPTER', text: ({ title }) => title },
  { title: 'PLANNED', text: ({ planned }) => time(planned), align: 'right' },
  {
    title: 'NOW',
    text: ({ now }) => time(now),
    align: 'right',
    tone: ({ now, planned }) => (now !== null && now > planned ? 'warn' : 'ok'),
  },
  { title: 'LAST', text: ({ last }) => time(last), align: 'right' },
  { title: 'MEAN', text: ({ mean }) => time(mean), align: 'right' },
];

/**
 * Writes down how long each chapter took, and tells it beside the plan and the times before.
 *
 * @throws CommandFailure where it cannot be written
 */
export async function keepRehearsal({ io, paint }: Context, { plan, state }: TourMoment): Promise<void> {
  const file = join(stateDirectory(io.env), 'rehearsals.jsonl');
  const before = readIfThere(file);
  const now = rehearsalOf(plan, state, Date.now());
  const rows = compare(plan, now, readRehearsals(before));
  try {
    mkdirSync(dirname(file), { recursive: true });
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, withRehearsal(before, now), { mode: 0o600 });
    renameSync(draft, file);
  } catch (error) {
    throw new CommandFailure(`cannot write ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
  for (const line of tableLines(COLUMNS, rows, io.out.columns(), paint)) await io.out.line(line);
  await io.out.line(`kept in ${file}`);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
