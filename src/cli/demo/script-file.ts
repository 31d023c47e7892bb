import { readFileSync } from 'node:fs';
import { builtInViolations, formatPlanProblem } from '../../server/plans/read.ts';
import { readPlanYaml } from '../../server/plans/yaml.ts';
import { parseFaultFlag } from '../../server/providers/fake/faults/flag.ts';
import type { ScriptChecks, ScriptRead } from '../../tour/script/load.ts';
import { readScript } from '../../tour/script/load.ts';
import { formatScriptMistake } from '../../tour/script/mistake.ts';
import type { Script } from '../../tour/script/script.ts';
import { builtInTalk } from '../../tour/script/talk.ts';
import { usageFailure } from '../failure.ts';
import { readCsv } from '../machine-file/read-csv.ts';
import { readDocument } from '../machine-file/read-document.ts';

/** So many mistakes of a script are named where it was to be played; `--check` names them all. */
const MAX_MISTAKES = 5;

/** Reads the script in a file, and has its faults looked at. @throws CommandFailure where the file cannot be read */
export function readScriptFile(file: string): ScriptRead {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usageFailure(`cannot read the script ${file}: ${code === 'ENOENT' ? 'there is no such file' : code}`);
  }
  return readScript(text, file, SCRIPT_CHECKS);
}

/** What is wrong with the faults and files of a script, as those say who read them. */
export const SCRIPT_CHECKS: ScriptChecks = {
  fault: (fault) => {
    const read = parseFaultFlag(fault);
    return read.kind === 'faults' ? [] : read.mistakes.map(({ message }) => message);
  },
  file: (use, name, text) => (use === 'plan' ? planMistakes(name, text) : machineMistakes(name, text)),
};

function planMistakes(name: string, text: string): readonly string[] {
  const read = readPlanYaml(text, name, builtInViolations);
  return read.kind === 'plan' ? [] : read.problems.map(formatPlanProblem);
}

function machineMistakes(name: string, text: string): readonly string[] {
  const { rows, mistakes } = name.endsWith('.csv') ? readCsv(text, new Map()) : readDocument(text);
  const all = [...mistakes, ...rows.flatMap((row) => row.mistakes)];
  return all.map(({ line, message }) => `${name}:${line}: ${message}`);
}

/** The script that is to be played: the one in the file, or the program's own talk. @throws CommandFailure */
export function scriptToPlay(file: string | undefined): Script {
  if (file === undefined) return builtInTalk();
  const read = readScriptFile(file);
  if (read.kind === 'script') return read.script;
  const told = read.mistakes.slice(0, MAX_MISTAKES).map(formatScriptMistake);
  const more = read.mistakes.length - told.length;
  throw usageFailure(`the script is wrong: ${told.join('; ')}${more > 0 ? `; and ${more} more, see --check` : ''}`);
}
