import { createHash } from 'node:crypto';
import { timestampMs } from '@bufbuild/protobuf/wkt';
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
import type { MachineFile, Mistake } from './machine-file/row.ts';
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
  const tell = (told: readonly Told[], mistakes: readonly Mistake[] = told.flatMap((one) => one.mistakes)) =>
    writeTold(context, { ...order, atomic: false }, told, mistakes);
  const mistakes = [...file.mistakes, ...file.rows.flatMap((row) => row.mistakes)];
  if (mistakes.length > 0) {
    await tell([], mistakes);
    return EXIT.refused;
  }
  if (order.retireMissing && file.rows.length === 0) {
    // An export that failed half-way looks like this, and would end every machine of the source.
    throw new CommandFailure('the file has no machines: --retire-missing would retire all of its source', EXIT.refused);
  }
  const seen = await look(context, order, file);
  const { told: shown, etagOf } = seen;
  const changes = shown.filter(({ outcome }) => isChange(outcome, order));
  if (dryRun || changes.length === 0) {
    await tell(shown);
    return codeOf(shown);
  }
  await agree(context, order, changes);
  if (order.yes !== true) refuseWhatMovedOn(shown, (await look(context, order, file)).told);
  const done = [
    ...(await registerRows(context.client(), file, { atomic: false, dryRun: false, source, etagOf }, false)).map(
      seen.withRetired,
    ),
    ...(await retired(context, order, seen)),
  ];
  await tell(done);
  return codeOf(done);
}

/** What a file would change, and the machines as they were when that was worked out. */
interface Seen {
  readonly told: readonly Told[];
  /** Machines of the source that the file does not have, and that are not retired. */
  readonly gone: readonly Machine[];
  /** The state of a machine that the source owns; empty of any other. */
  readonly etagOf: (machineId: string) => string;
  /** The same, with a word about it where the file still has a machine that is retired here: nothing but that tells of it. */
  readonly withRetired: (told: Told) => Told;
}

/** What would become of each machine of the file, and of those that the source owns and the file does not have. */
async function look(context: Context, { source, retireMissing }: SyncOrder, file: MachineFile): Promise<Seen> {
  const owned = new Map<string, Machine>();
  for await (const machine of context.client().listMachines({ filter: `source=${source}` })) {
    owned.set(machine.machineId, machine);
  }
  const inFile = new Set(file.rows.map(({ machine }) => machine.machineId));
  const gone = [...owned.values()].filter(
    (machine) => phaseOf(machine) !== MachineStatus_Phase.RETIRED && !inFile.has(machine.machineId),
  );
  const etagOf = (machineId: string) => owned.get(machineId)?.etag ?? '';
  const would = await registerRows(context.client(), file, { atomic: false, dryRun: true, source, etagOf }, false);
  const withRetired = (one: Told): Told => {
    const known = owned.get(one.machineId);
    if (known === undefined || phaseOf(known) !== MachineStatus_Phase.RETIRED) return one;
    return { ...one, note: [one.note, 'it is RETIRED here, and stays so'].filter((part) => part !== '').join('; ') };
  };
  const told = gone.map(goneOf);
  const missing = retireMissing ? told.map((one) => ({ ...one, note: `${one.note}; to be retired` })) : told;
  return { told: [...would.map(withRetired), ...missing], gone, etagOf, withRetired };
}

/** So many machines are named that are not as they were shown. */
const NAMED = 5;

/** What is carried out is what somebody has agreed to: where it is something else by then, nothing is. */
function refuseWhatMovedOn(shown: readonly Told[], now: readonly Told[]): void {
  const words = (told: readonly Told[]) =>
    new Map(told.map(({ machineId, outcome, note }) => [machineId, `${outcome} ${note}`]));
  const [before, after] = [words(shown), words(now)];
  const ids = new Set([...before.keys(), ...after.keys()]);
  const moved = [...ids].filter((machineId) => before.get(machineId) !== after.get(machineId));
  if (moved.length === 0) return;
  const more = moved.length > NAMED ? ` and ${moved.length - NAMED} more` : '';
  const which = `${moved.slice(0, NAMED).join(', ')}${more}`;
  const why = `the file would not change any more what was shown (${which}); nothing was changed: look at it again`;
  throw new CommandFailure(why, EXIT.refused);
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

/** Retires what the file no longer has and the source still owns, where that is wanted; else tells of it. */
async function retired(
  context: Context,
  { source, retireMissing, file }: SyncOrder,
  { gone }: Seen,
): Promise<readonly Told[]> {
  if (!retireMissing) return gone.map(goneOf);
  const client = context.client();
  const reason = `not in ${file === '-' ? 'the list' : file} of source ${source} any more`;
  return mapLimited(gone, AT_ONCE, async (machine): Promise<Told> => {
    const told = goneOf(machine);
    const { machineId } = machine;
    try {
      await client.machines.retireMachine({ machineId, requestId: retirementId(machine, source), reason, source });
      return { ...told, outcome: 'retired' };
    } catch (error) {
      const { sentence } = tellFailure(error);
      return { ...told, outcome: 'refused', note: sentence, mistakes: [{ ...told.place, message: sentence }] };
    }
  });
}

/**
 * The request id by which a source retires a machine: the same whenever it is tried again, another one for a machine that was
 * registered anew under the name.
 */
export function retirementId(
  { machineId, createdAt }: Pick<Machine, 'machineId' | 'createdAt'>,
  source: string,
): string {
  const what = JSON.stringify([source, machineId, createdAt === undefined ? 0 : timestampMs(createdAt)]);
  return `sync-retires-${createHash('sha256').update(what).digest('hex').slice(0, 32)}`;
}

function codeOf(told: readonly Told[]): ExitCode {
  return worstOf(told.map(({ mistakes }) => (mistakes.length > 0 ? EXIT.refused : EXIT.done)));
}
