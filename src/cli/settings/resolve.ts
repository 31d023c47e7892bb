import type { Command } from 'commander';
import { Option } from 'commander';
import type { Address } from '../../client/address.ts';
import { DEFAULT_ADDRESS, parseAddress } from '../../client/address.ts';
import { withoutPasswords } from '../../server/log-format.ts';
import { usageFailure } from '../failure.ts';
import type { FileSettings } from './config-file.ts';
import { noConfigFile, readConfigFile } from './config-file.ts';
import type { Setting, SettingName, SettingValue } from './settings.ts';
import { flagOf, SETTINGS, variableOf } from './settings.ts';

/** Where a setting was given; a flag beats the environment, and that the configuration file. */
export type Source = 'flag' | 'environment' | 'file';

/** A setting that somebody gave. */
export interface Given<N extends SettingName = SettingName> {
  readonly value: SettingValue<N>;
  readonly source: Source;
  /** How messages name it: `--speed`, `BMDEMO_SPEED`, `speed in FILE line 3`. */
  readonly label: string;
}

/** The settings of one command. */
export interface Settings {
  /** What was given, or undefined. */
  given<N extends SettingName>(name: N): Given<N> | undefined;
  /** The value that was given, or undefined. */
  value<N extends SettingName>(name: N): SettingValue<N> | undefined;
  /** What was given as it was written, without passwords, or undefined. */
  written(name: SettingName): string | undefined;
  /** The configuration file. */
  readonly file: FileSettings;
}

const CONFIG_VARIABLE = 'BMDEMO_CONFIG';

/** Gives a command the flags of these settings; they come after its own in the help. */
export function addSettings(command: Command, names: readonly SettingName[]): void {
  for (const name of names) {
    const setting: Setting = SETTINGS[name];
    const option = new Option(setting.flags, `${setting.help} [${variableOf(name)}]`);
    if (setting.repeats === true) option.argParser((text: string, before: string[] = []) => [...before, text]);
    command.addOption(option.helpGroup(GROUPS[name] ?? 'Options:'));
  }
  command.addOption(
    new Option('--config <FILE>', `the configuration file [${CONFIG_VARIABLE}]`).helpGroup('Common options:'),
  );
}

const GROUPS: Partial<Record<SettingName, string>> = {
  server: 'Common options:',
  user: 'Common options:',
  output: 'Common options:',
  color: 'Common options:',
  verbose: 'Common options:',
};

/**
 * Reads the settings of a command: its flags, then the environment, then the configuration file.
 *
 * @param unread the file is left alone, whatever is in it
 *
 * @throws CommandFailure that says which of them is wrong
 */
export function readSettings(commands: readonly Command[], env: NodeJS.ProcessEnv, unread = false): Settings {
  const flags = givenFlags(commands);
  const named = flags.get('config') ?? nonEmpty(env[CONFIG_VARIABLE]) ?? null;
  const path = named === null ? null : String(named);
  const file = unread ? noConfigFile(path, env) : readConfigFile(path, env);
  return {
    given: (name) => find(name, flags, env, file),
    value: (name) => find(name, flags, env, file)?.value,
    written: (name) => {
      const raw = rawOf(name, flags, env, file)?.raw;
      return raw === undefined ? undefined : withoutPasswords(Array.isArray(raw) ? raw.join(', ') : String(raw));
    },
    file,
  };
}

/** The flags of the command line, under the keys of their settings; an inner command's beat those before it. */
function givenFlags(commands: readonly Command[]): ReadonlyMap<string, unknown> {
  const flags = new Map<string, unknown>();
  for (const command of commands) {
    for (const option of command.options) {
      const attribute = option.attributeName();
      if (command.getOptionValueSource(attribute) === 'cli') {
        flags.set(option.name().replace(/^no-/, ''), command.getOptionValue(attribute));
      }
    }
  }
  return flags;
}

/** What was said, and where: in the strongest place of those in which it was. */
function rawOf(
  name: SettingName,
  flags: ReadonlyMap<string, unknown>,
  env: NodeJS.ProcessEnv,
  file: FileSettings,
): { readonly raw: unknown; readonly source: Source; readonly label: string } | undefined {
  if (flags.has(name)) return { raw: flags.get(name), source: 'flag', label: flagOf(name) };
  const variable = nonEmpty(env[variableOf(name)]);
  if (variable !== undefined) return { raw: variable, source: 'environment', label: variableOf(name) };
  const entry = file.entries.get(name);
  return entry === undefined ? undefined : { raw: entry.value, source: 'file', label: entry.label };
}

function find<N extends SettingName>(
  name: N,
  flags: ReadonlyMap<string, unknown>,
  env: NodeJS.ProcessEnv,
  file: FileSettings,
): Given<N> | undefined {
  const said = rawOf(name, flags, env, file);
  return said === undefined ? undefined : read(name, said.raw, said.source, said.label);
}

function read<N extends SettingName>(name: N, raw: unknown, source: Source, label: string): Given<N> {
  const result = SETTINGS[name].schema.safeParse(raw);
  if (result.success) return { value: result.data as SettingValue<N>, source, label };
  throw usageFailure(
    `${label} ${result.error.issues[0]?.message ?? 'is wrong'}, and is "${withoutPasswords(String(raw))}"`,
  );
}

/** A variable that is set to nothing is not set. */
function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

const RANK: Readonly<Record<Source, number>> = { flag: 3, environment: 2, file: 1 };

/**
 * Where a server is to listen, out of `listen` and `port`: the one that was given in the stronger place.
 *
 * @throws CommandFailure where both were given in the same place
 */
export function listenAddress(settings: Settings): Address {
  const listen = settings.given('listen');
  const port = settings.given('port');
  if (port === undefined) return listen?.value ?? parseAddress(DEFAULT_ADDRESS);
  if (listen === undefined || RANK[port.source] > RANK[listen.source]) return parseAddress(String(port.value));
  if (RANK[listen.source] > RANK[port.source]) return listen.value;
  throw usageFailure(`${listen.label} and ${port.label} both say where to listen; give one of them`);
}
