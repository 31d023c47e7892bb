import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { keyLabel } from '../tui/keys/chunk.ts';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';
import { CommandFailure } from './failure.ts';
import { documentText } from './output/document.ts';
import type { Column } from './output/table.ts';
import { tableLines } from './output/table.ts';
import { configText } from './settings/config-text.ts';
import { defaultsIn } from './settings/defaults.ts';
import { CHANGEABLE } from './settings/key-settings.ts';
import { addSettings } from './settings/resolve.ts';
import type { SettingName } from './settings/settings.ts';
import { COMMON_SETTINGS, SETTINGS } from './settings/settings.ts';

const ALL_SETTINGS = Object.keys(SETTINGS) as readonly SettingName[];

/** `bmdemo config`: the configuration file, and what holds with it. */
export function addConfigCommand(program: Command, ending: Ending): void {
  const config = program
    .command('config')
    .description('the configuration file, and which settings hold')
    .addHelpText('after', '\nExamples:\n  $ bmdemo config init\n  $ bmdemo config print');
  const init = config
    .command('init')
    .description('write a file that names every setting and every key of the console, and sets none')
    .option('--force', 'write over a file that is there')
    .addHelpText('after', '\nExamples:\n  $ bmdemo config init\n  $ bmdemo config init --config ./bmdemo.yaml');
  addSettings(init, COMMON_SETTINGS);
  const whole = { unread: true };
  init.action(action<[], InitOptions>(ending, (context, _, options) => runInit(context, options), whole));

  const print = config
    .command('print')
    .description('the settings and keys that hold, and where each comes from: flag, environment, file or default')
    .addHelpText(
      'after',
      `
It takes the options of all other commands, and says what they would.

Examples:
  $ bmdemo config print
  $ bmdemo config print --theme light -o yaml
  $ bmdemo config print -o name             the names of those that were given`,
    );
  addSettings(print, ALL_SETTINGS);
  print.action(action<[], object>(ending, (context) => runPrint(context)));

  const path = config
    .command('path')
    .description('where the configuration file is, or would be')
    .addHelpText('after', '\nExamples:\n  $ $EDITOR "$(bmdemo config path)"');
  addSettings(path, COMMON_SETTINGS);
  path.action(action<[], object>(ending, (context) => runPath(context), whole));
}

interface InitOptions {
  readonly force?: boolean;
}

async function runInit({ io, settings }: Context, { force = false }: InitOptions): Promise<ExitCode> {
  const { path } = settings.file;
  try {
    await mkdir(dirname(path), { recursive: true });
    // Others have no business in it: a store's URL may hold a password.
    await writeFile(path, configText(io.env), { mode: 0o600, flag: force ? 'w' : 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new CommandFailure(`${path} is there already; --force writes over it`, EXIT.refused);
    throw new CommandFailure(`cannot write ${path}: ${code}`);
  }
  await io.out.line(path);
  return EXIT.done;
}

async function runPath({ io, settings }: Context): Promise<ExitCode> {
  await io.out.line(settings.file.path);
  return EXIT.done;
}

/** A setting, or the keys of an action, that holds. */
interface Holding {
  readonly name: string;
  readonly value: string;
  readonly from: 'flag' | 'environment' | 'file' | 'default';
  /** `--theme`, `BMDEMO_THEME`, `theme in FILE line 3`; empty: it is the default. */
  readonly label: string;
}

const COLUMNS: readonly Column<Holding>[] = [
  { title: 'SETTING', text: ({ name }) => name, tone: ({ from }) => (from === 'default' ? 'muted' : 'strong') },
  { title: 'VALUE', text: ({ value }) => value, shrinkTo: 20 },
  { title: 'FROM', text: ({ from, label }) => label || from, shrinkTo: 12 },
];

async function runPrint(context: Context): Promise<ExitCode> {
  const { io, settings, form, paint } = context;
  const { path, exists } = settings.file;
  const all = settingsThatHold(context);
  const keys = keysThatHold(context);
  if (form === 'name') {
    for (const { name, from } of [...all, ...keys]) if (from !== 'default') await io.out.line(name);
    return EXIT.done;
  }
  if (form === 'table') {
    const given = keys.filter(({ from }) => from !== 'default');
    for (const line of tableLines(COLUMNS, [...all, ...given], io.out.columns(), paint)) await io.out.line(line);
    await context.note(exists ? `the configuration file is ${path}` : `there is no configuration file at ${path}`);
    return EXIT.done;
  }
  const document = (list: readonly Holding[]) =>
    Object.fromEntries(list.map(({ name, value, from, label }) => [name, { value, from, label }]));
  await io.out.write(documentText({ file: { path, exists }, settings: document(all), keys: document(keys) }, form));
  return EXIT.done;
}

function settingsThatHold({ settings, io }: Context): readonly Holding[] {
  const defaults = defaultsIn(io.env);
  return ALL_SETTINGS.map((name) => {
    const given = settings.given(name);
    return given === undefined
      ? { name, value: defaults[name].text, from: 'default' as const, label: '' }
      : { name, value: settings.written(name) ?? '', from: given.source, label: given.label };
  });
}

function keysThatHold({ settings }: Context): readonly Holding[] {
  const { keymap, keyLabels } = settings.file;
  return CHANGEABLE.map(({ id, keys }) => {
    const label = keyLabels.get(id) ?? '';
    const value = (keymap.get(id) ?? keys).map((key) => keyLabel(key, true)).join(' ');
    return { name: `keys.${id}`, value, from: label === '' ? ('default' as const) : ('file' as const), label };
  });
}
