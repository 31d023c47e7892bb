import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { usageFailure } from '../failure.ts';
import type { SettingName } from './settings.ts';
import { SETTINGS } from './settings.ts';
import { didYouMean } from './suggest.ts';

/** One setting of the configuration file. */
export interface FileEntry {
  /** As YAML read it, and judged to be good. */
  readonly value: unknown;
  /** `speed in /home/lin/.config/bmdemo/config.yaml line 3`. */
  readonly label: string;
}

/** What the configuration file says. */
export type FileSettings = ReadonlyMap<SettingName, FileEntry>;

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
 * @throws CommandFailure that names file and line of the first mistake
 */
export function readConfigFile(path: string | null, env: NodeJS.ProcessEnv): FileSettings {
  const file = path ?? defaultConfigPath(env);
  if (path === null && !existsSync(file)) return new Map();
  return parseConfig(readText(file), file);
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
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const lineAt = (offset: number | undefined) => lines.linePos(offset ?? 0).line;
  const wrong = (line: number, what: string) => usageFailure(`${file} line ${line}: ${what}`);
  const [error] = document.errors;
  if (error !== undefined) throw wrong(lineAt(error.pos[0]), error.message.split(/ at line |\n/)[0] ?? 'no YAML');
  const found = new Map<SettingName, FileEntry>();
  if (document.contents === null) return found;
  if (!isMap(document.contents)) throw wrong(1, 'must be settings, one a line, such as `server: 127.0.0.1:50051`');
  for (const { key, value } of document.contents.items) {
    const line = lineAt(isScalar(key) ? key.range?.[0] : undefined);
    const name = isScalar(key) ? String(key.value) : '';
    if (!isSettingName(name)) {
      throw wrong(line, `there is no setting "${name}"${didYouMean(name, Object.keys(SETTINGS))}`);
    }
    const plain: unknown = isNode(value) ? value.toJS(document) : value;
    const read = SETTINGS[name].schema.safeParse(plain);
    if (!read.success) throw wrong(line, `${name} ${read.error.issues[0]?.message ?? 'is wrong'}`);
    found.set(name, { value: plain, label: `${name} in ${file} line ${line}` });
  }
  return found;
}

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}
