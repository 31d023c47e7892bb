/** Something wrong in a script's data. `key`: the key itself is wrong, not its value. */
export interface DataMistake {
  readonly path: readonly PropertyKey[];
  readonly key?: string;
  readonly message: string;
}

/** Something wrong in a script's file, and where; line and column count from 1. */
export interface ScriptMistake {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What it is about and what is wrong with it. */
  readonly message: string;
}

/** A mistake in a line that editors and terminals make a link of: `my-walk.yaml:3:5: what is wrong`. */
export function formatScriptMistake({ file, line, column, message }: ScriptMistake): string {
  return `${file}:${line}:${column}: ${message}`;
}

/** The sentence for a mistake: what it is about, in the way one would write it, and what is wrong with it. */
export function messageOf({ path, key, message }: DataMistake): string {
  const about = [...path, ...(key === undefined ? [] : [key])].reduce<string>((told, part) => {
    if (typeof part === 'number') return `${told}[${part}]`;
    return told === '' ? String(part) : `${told}.${String(part)}`;
  }, '');
  return about === '' ? `it ${message}` : `${about} ${message}`;
}

/** The mistakes in the order of the text, each once. */
export function inOrder(mistakes: readonly ScriptMistake[]): readonly ScriptMistake[] {
  const each = new Map(mistakes.map((mistake) => [formatScriptMistake(mistake), mistake]));
  return [...each.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}
