import { randomUUID } from 'node:crypto';
import { sourceFault } from '../core/domain/limits.ts';
import type { Machine } from '../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineStatus_Phase } from '../wire/gen/baremetal/v1/machine_pb.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT, worstOf } from './exit-code.ts';
import { CommandFailure, tellFailure, usageFailure } from './failure.ts';
import type { ImportOrder, Told } from './import-file.ts';
import { registerRows, writeTold } from './import-file.ts';
import { readMachineFile } from './machine-file/read-file.ts';
import type { MachineFile } from './machine-file/row.ts';
import { phaseOf } from './machine-words.ts';
import { mapLimited } from './map-limited.ts';
import type { SelectOptions } from './select.ts';
import { confirmCount } from './select.ts';

/** How a file is made the truth for the machines of a source. */
export interface SyncOrder
  extends Pick<ImportOrder, 'file' | 'format' | 'map' | 'dryRun'>,
    Omit<SelectOptions, 'selector'> {
  readonly source: string;
  /** Whether machines of the source that the file no longer has are retired, or only told. */
  readonly retireMissing: boolean;
}

/** Machines that are retired at the same time. */
const AT_ONCE = 16;

/**
 * Makes a file the truth for the machines that a source owns: shows what is new, changed and gone, has the number of changes
 * confirmed, and carries them out. A file with a mistake changes nothing: a machine that cannot be read is not one that is gone.
 */
export async function syncFile(context: Context, order: SyncOrder): Promise<ExitCode> {
  const { source, expect, dryRun } = order;
  const fault = sourceFault(source);
  if (fault !== null) throw usageFailure(`--source ${fault}`);
  if (expect !== undefined && !/^\d{1,9}$/.test(expect)) {
    throw usageFailure(`--expect must be a whole number, and is "${expect}"`);
  }
  const file = await readMachineFile(order, context.io.input);
  const mistakes = [...file.mistakes, ...file.rows.flatMap((row) => row.mistakes)];
  if (mistakes.length > 0) {
    await writeTold(context, { ...order, atomic: true }, [], mistakes);
    return EXIT.refused;
  }
  if (order.retireMissing && file.rows.length === 0) {
    // An export that failed half-way looks like this, and would end every machine of the source.
    throw new CommandFailure('the file has no machines: --retire-missing would retire all of its source', EXIT.refused);
  }
  const shown = await planned(context, order, file);
  const changes = shown.filter(({ outcome }) => isChange(outcome, order));
  if (dryRun || changes.length === 0) {
    await writeTold(
      context,
      { ...order, atomic: false },
      shown,
      shown.flatMap((told) => told.mistakes),
    );
    return codeOf(shown);
  }
  await agree(context, order, changes);
  const done = [
    ...(await registerRows(context.client(), file, { atomic: false, dryRun: false, source }, false)),
    ...(await retired(context, order, shown)),
  ];
  await writeTold(
    context,
    { ...order, atomic: false },
    done,
    done.flatMap((told) => told.mistakes),
  );
  return codeOf(done);
}

/** What would become of each machine of the file, and of those that the source owns and the file does not have. */
async function planned(context: Context, { source }: SyncOrder, file: MachineFile): Promise<readonly Told[]> {
  const inFile = new Set(file.rows.map(({ machine }) => machine.machineId));
  const gone: Machine[] = [];
  for await (const machine of context.client().listMachines({ filter: `source=${source}` })) {
    const isOver = phaseOf(machine) === MachineStatus_Phase.RETIRED;
    if (!isOver && !inFile.has(machine.machineId)) gone.push(machine);
  }
  const would = await registerRows(context.client(), file, { atomic: false, dryRun: true, source }, false);
  return [...would, ...gone.map(goneOf)];
}

function goneOf({ machineId }: Machine): Told {
  return { place: { line: 0, column: '' }, machineId, outcome: 'gone', note: 'not in the file any more', mistakes: [] };
}

function isChange(outcome: Told['outcome'], { retireMissing }: SyncOrder): boolean {
  return outcome === 'new' || outcome === 'changed' || (retireMissing && outcome === 'gone');
}

/** Shows what would be done and has its number confirmed, unless it was said before. */
async function agree(context: Context, { expect, yes = false }: SyncOrder, changes: readonly Told[]): Promise<void> {
  const counted = `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`;
  if (expect !== undefined && Number(expect) !== changes.length) {
    throw new CommandFailure(`the file makes ${counted}, and --expect says ${expect}`, EXIT.refused);
  }
  if (yes) return;
  for (const { machineId, outcome, note } of changes) {
    await context.note(`${outcome.padEnd(7)}  ${machineId}${note === '' ? '' : `  ${note}`}`);
  }
  await confirmCount(
    context,
    counted,
    changes.map(({ machineId }) => machineId),
    'the file makes',
  );
}

/** Retires what the file no longer has, where that is wanted; else tells of it. */
async function retired(
  context: Context,
  { source, retireMissing, file }: SyncOrder,
  shown: readonly Told[],
): Promise<readonly Told[]> {
  const gone = shown.filter(({ outcome }) => outcome === 'gone');
  if (!retireMissing) return gone;
  const client = context.client();
  const reason = `not in ${file === '-' ? 'the list' : file} of source ${source} any more`;
  return mapLimited(gone, AT_ONCE, async (told): Promise<Told> => {
    try {
      await client.machines.retireMachine({ machineId: told.machineId, requestId: randomUUID(), reason });
      return { ...told, outcome: 'retired' };
    } catch (error) {
      const { sentence } = tellFailure(error);
      return { ...told, outcome: 'refused', note: sentence, mistakes: [{ ...told.place, message: sentence }] };
    }
  });
}

function codeOf(told: readonly Told[]): ExitCode {
  return worstOf(told.map(({ mistakes }) => (mistakes.length > 0 ? EXIT.refused : EXIT.done)));
}
