import type { DataMistake } from './mistake.ts';
import type { Beat, Command, Condition, Script } from './script.ts';

/** `{role}` in a text. */
const PLACEHOLDER = /\{([^{}]*)\}/g;

type Path = readonly PropertyKey[];

/** What a script may name anywhere in it. */
interface Names {
  readonly roles: ReadonlySet<string>;
  readonly files: ReadonlySet<string>;
}

/** What a script names and does not have: roles, and runs that nothing before in the same chapter has started. */
export function referenceMistakes(script: Script): readonly DataMistake[] {
  const names = { roles: new Set(Object.keys(script.roles)), files: new Set(Object.keys(script.files)) };
  const { roles } = names;
  const mistakes: DataMistake[] = [];
  const ids = new Set<string>();
  for (const [at, { id, needs, beats }] of script.chapters.entries()) {
    const path = ['chapters', at];
    if (ids.has(id)) mistakes.push({ path: [...path, 'id'], message: `is used twice: ${id}` });
    ids.add(id);
    mistakes.push(...partMistakes(needs, beats, names, path, (beat) => [...path, 'beats', beat]));
  }
  for (const [at, { needs, beats }] of script.questions.entries()) {
    const path = ['questions', at];
    // The first beat of a question is its answer.
    const pathOf = (beat: number) => (beat === 0 ? [...path, 'answer'] : [...path, 'live', beat - 1]);
    mistakes.push(...partMistakes(needs, beats, names, path, pathOf));
  }
  for (const [at, fault] of script.faults.entries()) mistakes.push(...textMistakes(fault, roles, ['faults', at]));
  return mistakes;
}

function partMistakes(
  needs: readonly Condition[],
  beats: readonly Beat[],
  { roles, files }: Names,
  path: Path,
  pathOf: (beat: number) => Path,
): DataMistake[] {
  const runs = new Set<string>();
  const mistakes = needs.flatMap((need, at) => needMistakes(need, roles, [...path, 'needs', at]));
  for (const [at, { say, points, onFail, show, command, waitFor }] of beats.entries()) {
    const here = pathOf(at);
    for (const text of [say, onFail, ...points]) mistakes.push(...textMistakes(text, roles, here));
    if (show.machine !== null) mistakes.push(...roleMistakes(show.machine, roles, [...here, 'show', 'machine']));
    if (command !== null) mistakes.push(...commandMistakes(command, roles, runs, [...here, 'command']));
    if (command !== null && 'file' in command && !files.has(command.file)) {
      mistakes.push({
        path: [...here, 'command'],
        message: `names the file "${command.file}", which is not among files`,
      });
    }
    if (show.card === 'file' && (command === null || !('file' in command))) {
      mistakes.push({ path: [...here, 'show', 'card'], message: 'shows a file, and the beat has no command with one' });
    }
    for (const [place, condition] of waitFor.entries()) {
      mistakes.push(...conditionMistakes(condition, roles, runs, [...here, 'waitFor', place]));
    }
  }
  return mistakes;
}

function needMistakes(need: Condition, roles: ReadonlySet<string>, path: Path): DataMistake[] {
  const cannot = ['run', 'same', 'many', 'plans'].includes(need.kind);
  if (cannot) return [{ path, message: `cannot be a need: nothing can bring about "${need.kind}"` }];
  if (need.kind === 'server' && need.is === 'stopped') {
    return [{ path, message: 'cannot be a need: a chapter begins with a server or says nothing of it' }];
  }
  return conditionMistakes(need, roles, new Set(), path);
}

function commandMistakes(command: Command, roles: ReadonlySet<string>, runs: Set<string>, path: Path): DataMistake[] {
  switch (command.kind) {
    case 'start': {
      runs.add(command.as);
      const texts = [command.reason, ...Object.values(command.params)];
      return [
        ...roleMistakes(command.machine, roles, path),
        ...texts.flatMap((text) => textMistakes(text, roles, path)),
      ];
    }
    case 'again': {
      const mistakes = runMistakes(command.run, runs, path);
      runs.add(command.as);
      return mistakes;
    }
    case 'cancel':
      return [...runMistakes(command.run, runs, path), ...textMistakes(command.reason, roles, path)];
    case 'create-plan':
      return textMistakes(command.reason, roles, path);
    default:
      return [];
  }
}

function conditionMistakes(
  condition: Condition,
  roles: ReadonlySet<string>,
  runs: ReadonlySet<string>,
  path: Path,
): DataMistake[] {
  switch (condition.kind) {
    case 'machine':
    case 'past':
      return roleMistakes(condition.role, roles, path);
    case 'run':
      return runMistakes(condition.name, runs, path);
    case 'same':
      return [condition.first, condition.second].flatMap((name) => runMistakes(name, runs, path));
    default:
      return [];
  }
}

function roleMistakes(role: string, roles: ReadonlySet<string>, path: Path): DataMistake[] {
  return roles.has(role) ? [] : [{ path, message: `names the role "${role}", which is not among roles` }];
}

function runMistakes(run: string, runs: ReadonlySet<string>, path: Path): DataMistake[] {
  return runs.has(run)
    ? []
    : [{ path, message: `names the run "${run}", which nothing before it in its chapter starts` }];
}

function textMistakes(text: string, roles: ReadonlySet<string>, path: Path): DataMistake[] {
  return [...text.matchAll(PLACEHOLDER)]
    .filter(([, role = '']) => !roles.has(role))
    .map(([whole]) => ({ path, message: `has ${whole}, which is no role` }));
}

/** A text with each `{role}` replaced by its machine. */
export function filledIn(text: string, machineOf: (role: string) => string): string {
  return text.replaceAll(PLACEHOLDER, (_, role: string) => machineOf(role));
}

/** The faults of a script, each for every machine that can play its role. */
export function faultsOf({ faults, roles }: Script): readonly string[] {
  return faults.flatMap((fault) => {
    const role = [...fault.matchAll(PLACEHOLDER)][0]?.[1];
    const machines = role === undefined ? [''] : (roles[role] ?? []);
    return machines.map((machine) =>
      filledIn(fault, (other) => (other === role ? machine : (roles[other]?.[0] ?? other))),
    );
  });
}
