import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { PlanDeclaration } from '../../core/domain/plan-aggregate.ts';
import type { FieldViolation } from '../../core/domain/refusal.ts';
import type { PlanProblem, PlanRead } from './read.ts';
import { builtInViolations } from './read.ts';
import { LONGEST_PLAN, readPlanYaml } from './yaml.ts';

/** A plan that a file declares. */
export interface PlanFile {
  /** Its name, without the folder. */
  readonly name: string;
  readonly path: string;
  readonly declared: PlanDeclaration;
}

/** The plans of a folder, or everything that is wrong with its files; `unreadable` where the folder is none. */
export type PlansRead =
  | { readonly kind: 'plans'; readonly files: readonly PlanFile[] }
  | { readonly kind: 'problems'; readonly problems: readonly PlanProblem[] }
  | { readonly kind: 'unreadable'; readonly message: string };

/** The most files that a folder of plans may have. */
const MOST_FILES = 1_000;

/** Reads the plans in the .yaml and .yml files of a folder, not of those below it, by name. */
export function readPlansDirectory(directory: string): PlansRead {
  let names: string[];
  try {
    names = readdirSync(directory).filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'));
  } catch (error) {
    return { kind: 'unreadable', message: `${directory} ${whyNot(error)}` };
  }
  if (names.length > MOST_FILES) {
    return { kind: 'unreadable', message: `${directory} has more than ${MOST_FILES} files of plans` };
  }
  const files: PlanFile[] = [];
  const problems: PlanProblem[] = [];
  for (const path of names.sort().map((name) => join(directory, name))) {
    const read = readFile(path, files);
    if (read.kind === 'problems') problems.push(...read.problems);
    else files.push({ name: basename(path), path, declared: read.declared });
  }
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'plans', files };
}

function readFile(path: string, before: readonly PlanFile[]): PlanRead {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > LONGEST_PLAN) return unreadable(path, `is ${size} bytes long, and may be at most ${LONGEST_PLAN}`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return unreadable(path, whyNot(error));
  }
  return readPlanYaml(text, path, (declared) => [...builtInViolations(declared), ...takenViolations(declared, before)]);
}

function unreadable(file: string, message: string): PlanRead {
  return { kind: 'problems', problems: [{ file, line: 1, column: 1, field: '', message }] };
}

function takenViolations({ id }: PlanDeclaration, before: readonly PlanFile[]): readonly FieldViolation[] {
  const same = before.find(({ declared }) => declared.id === id);
  return same === undefined ? [] : [{ field: 'plan_id', description: `is the plan of ${same.path} already` }];
}

function whyNot(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'is not there',
    ENOTDIR: 'is no folder',
    EISDIR: 'is a folder',
    EACCES: 'may not be read',
  };
  return known[code] ?? `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}
