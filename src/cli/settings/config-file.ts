import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { z } from 'zod';
import { didYouMean } from '../../client/suggest.ts';
import type { DataMistake, ScriptMistake } from '../../tour/script/mistake.ts';
import { formatScriptMistake } from '../../tour/script/mistake.ts';
import { readYamlText } from '../../tour/script/yaml-text.ts';
import { count } from '../../tui/format/words.ts';
import type { Keymap } from '../../tui/keys/keymap.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailure, usageFailure } from '../failure.ts';
import { CONFIG_SCHEMA } from './config-schema.ts';
import { readKeys, unknownAction } from './key-settings.ts';
import type { SettingName } from './settings.ts';
import { SETTINGS } from './settings.ts';

/** The longest file, in characters. */
const LONGEST_FILE = 256 * 1024;

/** One setting of the configuration file. */
export interface FileEntry {
  /** As YAML read it, and judged to be good. */
  readonly value: unknown;
  /** `speed in /home/lin/.config/bmdemo/config.yaml line 3`. */
  readonly label: string;
}

/** What the configuration file says. */
export interface FileSettings {
  /** Where it is, or would be. */
  readonly path: string;
  readonly exists: boolean;
  readonly entries: ReadonlyMap<SettingName, FileEntry>;
  /** The keys that it gives to actions of the console. */
  readonly keymap: Keymap;
  /** Where it gives them: `keys.run.repave in FILE line 7`. */
  readonly keyLabels: ReadonlyMap<string, string>;
}

/** Where the file is looked for unless it is named: in XDG_CONFIG_HOME, else in ~/.config. */
function defaultConfigPath(env: NodeJS.ProcessEnv): string {
  // The XDG specification has relative paths ignored.
  const home = env.XDG_CONFIG_HOME;
  const base = home !== undefined && isAbsolute(home) ? home : join(homedir(), '.config');
  return join(base, 'bmdemo', 'config.yaml');
}

/**
 * Reads the file at `path`, or the default one where `path` is null; a default one that is not there says nothing.
 *
 * @throws CommandFailure that names line and column of every mistake
 */
export function readConfigFile(path: string | null, env: NodeJS.ProcessEnv): FileSettings {
  const file = path ?? defaultConfigPath(env);
  if (path === null && !existsSync(file)) return noConfigFile(path, env);
  return parseConfig(readText(file), file);
}

/** What no file says: the one at `path`, or the default one where that is null, is not looked at. */
export function noConfigFile(path: string | null, env: NodeJS.ProcessEnv): FileSettings {
  const file = path ?? defaultConfigPath(env);
  return { path: file, exists: false, entries: new Map(), keymap: new Map(), keyLabels: new Map() };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : String(code);
    throw usageFailure(`cannot read the configuration file ${file}: ${why}`);
  }
}

/** Reads the text of a configuration file; `file` is what mistakes call it. */
function parseConfig(text: string, file: string): FileSettings {
  const read = readYamlText(text, file, LONGEST_FILE);
  if (read.kind === 'mistakes') throw unusable(file, read.mistakes);
  const data = read.data ?? {};
  const checked = CONFIG_SCHEMA.safeParse(data);
  const { keymap, mistakes } = readKeys(goodKeys(data, checked.error?.issues ?? []));
  const all = [...(checked.error?.issues ?? []).flatMap(mistakesOf), ...mistakes];
  if (all.length > 0) throw unusable(file, read.tell(all));
  const labelOf = (path: readonly string[], key: string) =>
    `${[...path, key].join('.')} in ${file} line ${read.place({ path, key }).line}`;
  const entries = Object.entries(data).flatMap(([name, value]) =>
    isSettingName(name) ? [[name, { value: value as unknown, label: labelOf([], name) }] as const] : [],
  );
  return {
    path: file,
    exists: true,
    entries: new Map(entries),
    keymap,
    keyLabels: new Map([...keymap.keys()].map((id) => [id, labelOf(['keys'], id)])),
  };
}

/** What the file says about keys, without what has the wrong form: that is told anyway. */
function goodKeys(data: object, issues: readonly z.core.$ZodIssue[]): Readonly<Record<string, string | string[]>> {
  const keys = 'keys' in data ? data.keys : undefined;
  if (typeof keys !== 'object' || keys === null) return {};
  const bad = new Set(issues.filter(({ path }) => path[0] === 'keys').map(({ path }) => path[1]));
  return Object.fromEntries(Object.entries(keys).filter(([id]) => !bad.has(id)));
}

function mistakesOf(issue: z.core.$ZodIssue): readonly DataMistake[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
  return issue.keys.map((key) => ({
    path: issue.path,
    key,
    message: issue.path[0] === 'keys' ? unknownAction(key) : unknownSetting(key),
  }));
}

function unknownSetting(name: string): string {
  const suggestion = didYouMean(name, [...Object.keys(SETTINGS), 'keys']);
  return `is no setting${suggestion === '' ? '; `bmdemo config init` writes a file that has them all' : suggestion}`;
}

function unusable(file: string, mistakes: readonly ScriptMistake[]): CommandFailure {
  const sentence = `the configuration file ${file} cannot be used: ${count(mistakes.length, 'mistake')}`;
  return new CommandFailure(sentence, EXIT.usage, mistakes.map(formatScriptMistake));
}

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}
