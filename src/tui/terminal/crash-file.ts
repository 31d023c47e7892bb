import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a crash file says. */
export interface CrashReport {
  readonly error: unknown;
  /** What was going on: the terminal, the server, the components. */
  readonly notes: readonly string[];
  /** What others wrote while the console was up. */
  readonly stray: readonly string[];
  /** ms since 1970. */
  readonly at: number;
}

/**
 * Writes a crash file that only its owner can read, into `directory` or, where that cannot be written to, into the
 * system's folder for temporary files. Synchronous: nothing may come between a crash and its file.
 *
 * @returns its path; undefined where neither folder took it
 */
export function writeCrashFile(directory: string, report: CrashReport): string | undefined {
  const name = `console-crash-${new Date(report.at).toISOString().replaceAll(/[:.]/g, '-')}.txt`;
  for (const folder of [directory, tmpdir()]) {
    try {
      mkdirSync(folder, { recursive: true });
      const path = join(folder, name);
      writeFileSync(path, textOf(report), { mode: 0o600 });
      return path;
    } catch {
      // The next folder, or none: the message on stderr comes all the same.
    }
  }
  return undefined;
}

function textOf({ error, notes, stray, at }: CrashReport): string {
  const parts = [`bmdemo console, ${new Date(at).toISOString()}, Node ${process.version}, ${process.platform}`, ''];
  parts.push(stackOf(error), '', ...notes);
  if (stray.length > 0) parts.push('', 'Written by others meanwhile:', ...stray);
  return `${parts.join('\n')}\n`;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\nCaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
