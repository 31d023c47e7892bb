import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { printable } from '../format/printable.ts';
import { partsOf, stemOf } from '../palette/completion.ts';
import { folderOf, noFiles } from '../store/files.ts';
import { compareNatural } from '../store/sorted-ids.ts';
import type { ConsoleState } from '../store/state.ts';
import type { ConsoleStore } from '../store/store.ts';

/** Names that are offered of one folder; whoever wants one behind them types it. */
const MAX_NAMES = 1_000;
/** The endings of files of machines. */
const ENDINGS = /\.(csv|tsv|ya?ml|json)$/i;

/** Looks into the folder of the path that is typed behind `:import`, for as long as it is. */
export class FileWatch {
  readonly #store: ConsoleStore;
  /** The folder that was looked into; undefined: no path is typed. */
  #folder: string | undefined;

  constructor(store: ConsoleStore) {
    this.#store = store;
  }

  /** Looks whether another folder is typed, and into that one if so. */
  look(state: ConsoleState): void {
    const folder = typedFolder(state);
    if (folder === this.#folder) return;
    this.#folder = folder;
    if (folder === undefined) this.#store.setState({ files: noFiles });
    else void this.#read(folder);
  }

  async #read(folder: string): Promise<void> {
    const path = folder.startsWith('~/') ? join(homedir(), folder.slice(2)) : folder || '.';
    // A folder that is not there, or that may not be looked into, offers nothing; importing from it says why.
    const entries = await readdir(path, { withFileTypes: true }).catch((): Dirent[] => []);
    if (this.#folder !== folder) return;
    const names = entries.flatMap(offeredName).sort(compareNatural).slice(0, MAX_NAMES);
    this.#store.setState({ files: { folder, names } });
  }
}

/** What is typed, and not what Tab has made of it: the choices stay the same meanwhile. */
function typedFolder({ ui, settings }: ConsoleState): string | undefined {
  if (ui.prompt?.kind !== 'command' || settings.readOnly) return undefined;
  const { name, operand } = partsOf(stemOf(ui.prompt));
  return name === 'import' && operand !== undefined ? folderOf(operand) : undefined;
}

function offeredName(entry: Dirent): string[] {
  // What cannot be drawn as it is cannot be typed either.
  if (entry.name.startsWith('.') || printable(entry.name) !== entry.name) return [];
  if (entry.isDirectory()) return [`${entry.name}/`];
  return ENDINGS.test(entry.name) ? [entry.name] : [];
}
