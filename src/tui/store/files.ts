/** What a folder has that can be imported, while somebody types a path into it. */
export interface FilesState {
  /** As it is typed, with its last slash; empty: where the program was started. */
  readonly folder: string;
  /** Files of machines and, with a slash behind them, folders. */
  readonly names: readonly string[];
}

/** Nobody types a path. */
export const noFiles: FilesState = { folder: '', names: [] };

/** The folder of a path that is being typed: all of it up to its last slash. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** The paths that lead on from what was typed. */
export function pathsIn({ folder, names }: FilesState): readonly string[] {
  return names.map((name) => folder + name);
}
