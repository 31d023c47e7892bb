import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Client } from '../client/client.ts';
import type { FileOutcome } from '../tui/backend.ts';
import { printable } from '../tui/format/printable.ts';
import type { RegisterMachinesResult } from '../wire/gen/baremetal/v1/machine_service_pb.ts';
import { RegisterMachinesResult_Outcome as Outcome } from '../wire/gen/baremetal/v1/machine_service_pb.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';
import { inWordsOfCommands } from './failure.ts';
import type { FileOrder } from './machine-file/read-file.ts';
import { readMachineFile } from './machine-file/read-file.ts';
import type { MachineFile, Mistake, Place, Row } from './machine-file/row.ts';
import { fieldName } from './machine-file/row.ts';
import { documentText } from './output/document.ts';
import type { Tone } from './output/paint.ts';
import type { Column } from './output/table.ts';
import { tableLines } from './output/table.ts';

/** How long the server may take for a whole file, in milliseconds. */
const TIMEOUT_MS = 120_000;

/** How a file is imported. */
export interface ImportOrder extends FileOrder {
  readonly atomic: boolean;
  readonly dryRun: boolean;
}

/** `gone`: its source does not have it any more; `retired`: for that reason. */
type Word = 'new' | 'changed' | 'unchanged' | 'gone' | 'retired' | 'refused' | 'not applied';

/** What became of one machine of the file, or of one that the file does not have any more. */
export interface Told {
  /** Line 0: it is not in the file. */
  readonly place: Place;
  readonly machineId: string;
  readonly outcome: Word;
  /** The fields that changed, or why it was refused. */
  readonly note: string;
  readonly mistakes: readonly Mistake[];
}

const TONES: Readonly<Record<Word, Tone>> = {
  new: 'ok',
  changed: 'warn',
  unchanged: 'muted',
  gone: 'warn',
  retired: 'warn',
  refused: 'error',
  'not applied': 'muted',
};

const COLUMNS: readonly Column<Told>[] = [
  { title: 'LINE', text: ({ place }) => (place.line === 0 ? '–' : String(place.line)), align: 'right', leaves: 1 },
  { title: 'MACHINE', text: ({ machineId }) => machineId || '–' },
  { title: 'OUTCOME', text: ({ outcome }) => outcome, tone: ({ outcome }) => TONES[outcome] },
  { title: 'NOTE', text: ({ note }) => note || '–', shrinkTo: 12, leaves: 2 },
];

/**
 * Imports a file of machines: tells every mistake with its place on stderr, and what became of each machine. Where the file as a
 * whole is wrong, and with `atomic` where any machine is, nothing is changed. Done, or refused where there was a mistake.
 */
export async function importFile(context: Context, order: ImportOrder): Promise<ExitCode> {
  const file = await readMachineFile(order, context.io.input);
  const bad = file.mistakes.length > 0 || (order.atomic && file.rows.some(({ mistakes }) => mistakes.length > 0));
  const told = await registerRows(context.client(), file, order, bad);
  const mistakes = mistakesIn(file, told);
  await writeTold(context, order, told, mistakes);
  return mistakes.length > 0 ? EXIT.refused : EXIT.done;
}

/**
 * What importing a file would do, for a console: what would become of its machines, and every mistake with its place.
 *
 * @param file a path; `~/` is the home directory
 */
export async function previewFile(client: Client, file: string, signal: AbortSignal): Promise<FileOutcome> {
  return outcomeOf(client, file, await readForConsole(file), true, signal);
}

/**
 * Imports a file for a console, as it was shown there.
 *
 * @throws Error with the reason `PREVIEW_STALE` where it says anything else by now, or would do anything else: nothing is changed then
 */
export async function importFileAsShown(
  client: Client,
  file: string,
  shown: FileOutcome,
  signal: AbortSignal,
): Promise<FileOutcome> {
  const read = await readForConsole(file);
  const now = await outcomeOf(client, file, read, true, signal);
  if (JSON.stringify(now) !== JSON.stringify(shown)) {
    const what = now.digest === shown.digest ? 'it would do something else by now' : 'the file is not what it was';
    throw Object.assign(new Error(`${what}; look at it once more`), { reason: 'PREVIEW_STALE' });
  }
  return outcomeOf(client, file, read, false, signal);
}

async function readForConsole(file: string): Promise<MachineFile> {
  // There the keys come in on standard input.
  if (file === '-') throw new Error('a console imports files alone, and nothing that is piped in');
  const path = file.startsWith('~/') ? join(homedir(), file.slice(2)) : file;
  return readMachineFile({ file: path, format: null, map: [] }, Readable.from([]));
}

async function outcomeOf(
  client: Client,
  file: string,
  read: MachineFile,
  dryRun: boolean,
  signal: AbortSignal,
): Promise<FileOutcome> {
  const told = await registerRows(client, read, { atomic: false, dryRun }, read.mistakes.length > 0, signal);
  return {
    counts: countsText(told),
    machines: told.map(({ machineId, outcome, note }) => ({ machineId, outcome, note: printable(note) })),
    mistakes: mistakesIn(read, told).map((mistake) => printable(`${placeText(file, mistake)}: ${mistake.message}`)),
    digest: digestOf(read),
  };
}

function digestOf({ rows }: MachineFile): string {
  return createHash('sha256')
    .update(JSON.stringify(rows.map(({ machine }) => machine)))
    .digest('base64');
}

function placeText(file: string, { line, column }: Place): string {
  if (line === 0) return file;
  return column === '' ? `${file}:${line}` : `${file}:${line}:${column}`;
}

function mistakesIn(file: MachineFile, told: readonly Told[]): readonly Mistake[] {
  return [...file.mistakes, ...told.flatMap((one) => one.mistakes)].toSorted((a, b) => a.line - b.line);
}

/** How machines are registered. */
interface RegisterOrder extends Pick<ImportOrder, 'atomic' | 'dryRun'> {
  readonly source?: string;
  /** The state of a machine that is to be changed: it is refused where it is another by then. Empty: whichever. */
  readonly etagOf?: (machineId: string) => string;
}

/** Sends what is good in itself; `bad` where nothing may be changed, so that the server is only asked what else is wrong. */
export async function registerRows(
  client: Client,
  { rows }: MachineFile,
  { atomic, dryRun, source = '', etagOf = () => '' }: RegisterOrder,
  bad: boolean,
  signal?: AbortSignal,
): Promise<readonly Told[]> {
  const good = rows.filter(({ mistakes }) => mistakes.length === 0);
  const results = new Map<Row, RegisterMachinesResult>();
  if (good.length > 0) {
    const answer = await client.machines.registerMachines(
      {
        machines: good.map(({ machine }) => ({ ...messageOf(machine), etag: etagOf(machine.machineId) })),
        atomic,
        validateOnly: dryRun || bad,
        source,
      },
      { timeoutMs: TIMEOUT_MS, signal },
    );
    for (const result of answer.results) {
      const row = good[result.index];
      if (row !== undefined) results.set(row, result);
    }
  }
  return rows.map((row) => tell(row, results.get(row), good, bad));
}

function messageOf({ machineId, spec, labels }: Row['machine']) {
  const { targetCluster, ...rest } = spec;
  const named = targetCluster != null && (targetCluster.clusterId !== '' || targetCluster.kubeconfigSecretRef !== '');
  return {
    machineId,
    spec: { ...rest, macAddresses: [...rest.macAddresses], ...(named ? { targetCluster } : {}) },
    labels: { ...labels },
  };
}

function tell(row: Row, result: RegisterMachinesResult | undefined, sent: readonly Row[], bad: boolean): Told {
  const { place, machine, mistakes } = row;
  const told = { place, machineId: machine.machineId };
  if (result === undefined) {
    return { ...told, outcome: 'refused', note: mistakes.map(({ message }) => message).join('; '), mistakes };
  }
  const { outcome, changedFields, error } = result;
  if (outcome === Outcome.REFUSED) {
    const mistake = mistakeOf(row, error?.message ?? 'refused', sent);
    return { ...told, outcome: 'refused', note: mistake.message, mistakes: [mistake] };
  }
  const note = changedFields.map(fieldName).join(', ');
  if (outcome === Outcome.UNCHANGED) return { ...told, outcome: 'unchanged', note, mistakes };
  if (outcome === Outcome.NOT_APPLIED || bad) return { ...told, outcome: 'not applied', note, mistakes };
  return { ...told, outcome: outcome === Outcome.CREATED ? 'new' : 'changed', note, mistakes };
}

/** How a refusal of the server's begins that is about an identity, and the field that holds it. */
const IDENTITIES: readonly (readonly [RegExp, string])[] = [
  [/^MAC address /, 'spec.mac_addresses'],
  [/^serial /, 'spec.serial'],
  [/^BMC address /, 'spec.bmc_address'],
];

/** A refusal of the server's in the terms of the file: its lines in place of the places in the call. */
function mistakeOf(row: Row, message: string, sent: readonly Row[]): Mistake {
  const inLines = message.replace(/machines\[(\d+)\]/g, (whole, index) => {
    const other = sent[Number(index)];
    return other === undefined ? whole : `line ${other.place.line}`;
  });
  const field = /^machine\.(\S+): /.exec(inLines)?.[1];
  if (field !== undefined) {
    const text = inLines.slice(`machine.${field}: `.length);
    return { ...row.placeOf(field), message: `${fieldName(field)}: ${text}` };
  }
  const identity = IDENTITIES.find(([pattern]) => pattern.test(inLines))?.[1];
  return { ...(identity === undefined ? row.place : row.placeOf(identity)), message: inWordsOfCommands(inLines) };
}

/** Tells what became of each machine, every mistake with its place, and how many there are of each kind. */
export async function writeTold(
  { io, form, paint, paintErr }: Context,
  { file, dryRun, atomic }: Pick<ImportOrder, 'file' | 'dryRun' | 'atomic'>,
  told: readonly Told[],
  mistakes: readonly Mistake[],
): Promise<void> {
  const name = file === '-' ? 'stdin' : file;
  if (form === 'name') {
    const kept = told.filter(({ outcome }) => !['refused', 'not applied', 'gone'].includes(outcome));
    for (const { machineId } of kept) await io.out.line(`machine/${machineId}`);
  } else if (form === 'table') {
    if (told.length > 0) {
      for (const line of tableLines(COLUMNS, told, io.out.columns(), paint)) await io.out.line(line);
    }
  } else {
    const machines = told.map(({ place, machineId, outcome, note }) => ({
      line: place.line,
      machineId,
      outcome,
      note,
    }));
    const wrong = mistakes.map(({ line, column, message }) => ({ file: name, line, column, message }));
    await io.out.write(documentText({ machines, mistakes: wrong, dryRun }, form));
  }
  for (const mistake of mistakes) {
    await io.err.line(`${paintErr('error', printable(placeText(name, mistake)))}: ${printable(mistake.message)}`);
  }
  const changes = told.some(({ outcome }) => outcome === 'new' || outcome === 'changed' || outcome === 'retired');
  const none =
    mistakes.length > 0 && !changes ? (atomic ? '; nothing was changed (--atomic)' : '; nothing was changed') : '';
  await io.err.line(paintErr('muted', `${countsText(told)}${dryRun ? ' (dry run: nothing was changed)' : none}`));
}

/** `12 machines: 3 new, 1 changed, 2 unchanged, 6 refused`. */
export function countsText(told: readonly { readonly outcome: Word }[]): string {
  const parts = (['new', 'changed', 'unchanged', 'gone', 'retired', 'refused', 'not applied'] as const)
    .map((word) => [told.filter(({ outcome }) => outcome === word).length, word] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`);
  const machines = `${told.length} ${told.length === 1 ? 'machine' : 'machines'}`;
  return parts.length === 0 ? machines : `${machines}: ${parts.join(', ')}`;
}
