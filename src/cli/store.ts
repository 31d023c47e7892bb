import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { StoreConfig } from '../server/config.ts';
import { checkDatabase } from '../server/stores/postgres/check.ts';
import { factsOfDatabase } from '../server/stores/postgres/inspect.ts';
import type { StoreFacts } from '../server/stores/shared/facts.ts';
import { backUpFile } from '../server/stores/sqlite/backup.ts';
import { checkFile } from '../server/stores/sqlite/check.ts';
import { factsOfFile } from '../server/stores/sqlite/inspect.ts';
import { count } from '../tui/format/words.ts';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { documentText } from './output/document.ts';
import { pairLines } from './output/print.ts';
import { stampText } from './output/when.ts';
import { addSettings } from './settings/resolve.ts';
import type { SettingName } from './settings/settings.ts';
import { COMMON_SETTINGS } from './settings/settings.ts';
import { storeOf } from './store-choice.ts';

const SETTINGS: readonly SettingName[] = ['store', 'output', ...COMMON_SETTINGS];

/** `bmdemo store`: looks at a store, checks it, copies it; whether a server has it or not. */
export function addStoreCommand(program: Command, ending: Ending): void {
  const store = program
    .command('store')
    .description('looks at a store, whether a server has it or not')
    .addHelpText('after', '\nExamples:\n  $ bmdemo store info\n  $ bmdemo store backup tonight.db');
  const info = store
    .command('info')
    .description('where the store is, how large, and what is in it')
    .addHelpText(
      'after',
      '\nExamples:\n  $ bmdemo store info\n  $ bmdemo store info --store sqlite:/var/lib/bmdemo/bmdemo.db -o json',
    );
  addSettings(info, SETTINGS);
  info.action(action<[], object>(ending, (context) => told(() => printInfo(context))));

  const check = store
    .command('check')
    .description(
      'whether state, events, leases and identities say the same; a line for each that does not, and exit code 1',
    )
    .addHelpText('after', '\nExamples:\n  $ bmdemo store check\n  $ bmdemo store check --store sqlite:backup.db');
  addSettings(check, SETTINGS);
  check.action(action<[], object>(ending, (context) => told(() => runCheck(context))));

  const backup = store
    .command('backup <FILE>')
    .description('copies a SQLite store of one moment to a file, while a server goes on with it')
    .addHelpText(
      'after',
      `
The copy is a store: put in the place of the original it goes on from that moment, and clients that had come further
begin anew.

Examples:
  $ bmdemo store backup bmdemo-monday.db
  $ bmdemo serve --store sqlite:bmdemo-monday.db`,
    );
  addSettings(backup, SETTINGS);
  backup.action(action<[string], object>(ending, (context, [file]) => told(() => runBackup(context, file))));
}

async function printInfo(context: Context): Promise<ExitCode> {
  const { io, form } = context;
  const facts = await factsOf(storeIn(context));
  if (form === 'name') await io.out.line(facts.location);
  else if (form === 'table') for (const line of infoLines(context, facts)) await io.out.line(line);
  else await io.out.write(documentText({ ...facts, ...timesOf(facts) }, form));
  return EXIT.done;
}

function factsOf(store: InspectedStore): Promise<StoreFacts> | StoreFacts {
  return store.kind === 'sqlite' ? factsOfFile(store.path) : factsOfDatabase(store.url);
}

function infoLines(context: Context, facts: StoreFacts): readonly string[] {
  return pairLines(context, [
    ['store', facts.kind],
    ['at', facts.location],
    ['used by', facts.usedBy === '' ? 'nobody' : facts.usedBy],
    ['size', sizeText(facts.bytes)],
    ['schema', String(facts.schemaVersion)],
    ['machines', String(facts.machines)],
    ['runs', `${facts.activeRuns} active, ${facts.finishedRuns} finished; ${count(facts.logs, 'log')}`],
    ['events', facts.earliestEvent === null ? '0' : `${facts.events}, from ${stampText(facts.earliestEvent)}`],
    ['history', `from ${stampText(facts.historyFrom)}`],
  ]);
}

/** Times as programs read them. */
function timesOf({ earliestEvent, historyFrom }: StoreFacts) {
  const text = (at: number) => new Date(at).toISOString();
  return { earliestEvent: earliestEvent === null ? null : text(earliestEvent), historyFrom: text(historyFrom) };
}

function sizeText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${power === 0 ? bytes : (bytes / 1_024 ** power).toFixed(1)} ${units[power]}`;
}

async function runCheck(context: Context): Promise<ExitCode> {
  const { io } = context;
  const store = storeIn(context);
  const found: string[] = [];
  const tell = (violation: string) => void found.push(violation);
  if (store.kind === 'sqlite') checkFile(store.path, tell);
  else await checkDatabase(store.url, tell);
  if (context.form === 'json' || context.form === 'yaml') {
    await io.out.write(documentText({ violations: found }, context.form));
  } else for (const violation of found) await io.out.line(violation);
  await context.note(found.length === 0 ? 'nothing is wrong' : `${count(found.length, 'violation')} found`);
  return found.length === 0 ? EXIT.done : EXIT.failed;
}

async function runBackup(context: Context, file: string): Promise<ExitCode> {
  const store = storeIn(context);
  if (store.kind === 'postgres')
    throw usageFailure('PostgreSQL has its own backups; `pg_dump` copies the schema bmdemo');
  const target = resolve(file);
  const bytes = backUpFile(store.path, target);
  await context.note(`${store.path} is copied to ${target}, ${sizeText(bytes)}`);
  return EXIT.done;
}

type InspectedStore = Exclude<StoreConfig, { readonly kind: 'memory' }>;

function storeIn({ settings, io }: Context): InspectedStore {
  const store = storeOf(settings, io.env);
  if (store.kind !== 'memory') return store;
  throw usageFailure(
    'a store in memory is in its server alone; name one with --store sqlite:PATH or --store postgres://…',
  );
}

/** Stores say by these names that the fault is in what they were told to look at. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const known = error instanceof Error && (error.name === 'StoreUnusable' || error.name === 'StoreUnavailable');
    throw known ? new CommandFailure(error.message) : error;
  }
}
