import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { type Part, parts, testPackages } from './import-rules.ts';

/** An import, export-from, import() or import type of a file. */
interface Import {
  readonly line: number;
  /** What is imported, as it is written; null when it is computed. */
  readonly specifier: string | null;
}

/** A file below src/, by its path there with slashes. */
interface Source {
  readonly path: string;
  readonly imports: readonly Import[];
}

/**
 * Holds every file of a src/ folder to the lines of import-rules.ts. Types count like values: a line is about who
 * knows whom.
 *
 * @returns a sentence for each wrong import and each circle, in the order of the files; none when all is well.
 */
export function checkImports(srcFolder: string): string[] {
  const sources = readdirSync(srcFolder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => ({ path: path.split(sep).join('/'), imports: importsOf(join(srcFolder, path)) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return [...sources.flatMap(crossedLines), ...circles(sources)];
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const { program } = parseSync(file, text);
  const found: Import[] = [];
  const add = (at: number, specifier: string | null) => {
    found.push({ line: text.slice(0, at).split('\n').length, specifier });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.start, node.source.value),
    ExportAllDeclaration: (node) => add(node.start, node.source.value),
    ExportNamedDeclaration: (node) => {
      if (node.source) add(node.start, node.source.value);
    },
    ImportExpression: ({ start, source }) => {
      if (source.type === 'Literal') add(start, String(source.value));
      else if (source.type === 'TemplateLiteral' && source.expressions.length === 0)
        add(start, source.quasis[0]?.value.cooked ?? null);
      else add(start, null);
    },
    TSImportType: (node) => add(node.start, node.source.value),
  }).visit(program);
  return found;
}

function crossedLines({ path, imports }: Source): string[] {
  const from = placeOf(path);
  if (!from) return [`src/${path} lies in none of the parts that scripts/import-rules.ts knows.`];
  return imports.flatMap(({ line, specifier }) => {
    const objection = objectionTo(path, from, specifier);
    return objection ? [`src/${path}:${line} imports ${specifier ?? 'something computed'}, but ${objection}.`] : [];
  });
}

/** Why the file at `path` may not import `specifier`; null when it may. */
function objectionTo(path: string, { part, folder }: Place, specifier: string | null): string | null {
  if (specifier === null) return 'only an import that is spelled out can be held to a line';
  if (!specifier.startsWith('.')) return mayImportPackage(part, path, specifier) ? null : part.line;
  const target = resolveImport(path, specifier);
  if (target.startsWith('../')) {
    return isTest(path) && target.startsWith('../test/') ? null : 'a part of src/ imports nothing beside src/';
  }
  if (isTest(target) && !isTest(path)) return 'only tests import what belongs to tests';
  const to = placeOf(target)?.folder ?? dirname(target);
  const allowed = [folder, ...part.imports, ...(isTest(path) ? (part.testsImport ?? []) : [])];
  return allowed.some((other) => isWithin(to, other)) ? null : part.line;
}

function mayImportPackage({ packages }: Part, path: string, specifier: string): boolean {
  if (packages === 'any') return true;
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (isTest(path) && testPackages.includes(name)) return true;
  return packages !== 'none' && !packages.anyBut.includes(name);
}

/** The part that a file belongs to and the folder below src/ that stands for it, with the name in place of `*`. */
interface Place {
  readonly part: Part;
  readonly folder: string;
}

function placeOf(path: string): Place | undefined {
  const folders = path.split('/').slice(0, -1);
  return parts
    .map((part) => ({ part, pattern: part.folder.split('/') }))
    .filter(({ pattern }) => pattern.every((name, i) => i < folders.length && (name === '*' || name === folders[i])))
    .sort((a, b) => b.pattern.length - a.pattern.length)
    .map(({ part, pattern }) => ({ part, folder: folders.slice(0, pattern.length).join('/') }))[0];
}

/** Whether the file is a test, or a helper of tests: those live in folders named `testing`. */
function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || path.split('/').slice(0, -1).includes('testing');
}

function isWithin(folder: string, other: string): boolean {
  return folder === other || folder.startsWith(`${other}/`);
}

/** The path below src/ that a relative import means; it begins with `../` when that is outside. */
function resolveImport(path: string, specifier: string): string {
  return relative(resolve('src'), resolve('src', dirname(path), specifier))
    .split(sep)
    .join('/');
}

/** A sentence for each group of files that all import each other, with the shortest way round from its first file. */
function circles(sources: readonly Source[]): string[] {
  const next: Imports = new Map(
    sources.map(({ path, imports }) => [
      path,
      imports.flatMap(({ specifier }) => (specifier?.startsWith('.') ? [resolveImport(path, specifier)] : [])),
    ]),
  );
  const told = new Set<string>();
  return sources.flatMap(({ path }) => {
    const round = told.has(path) ? undefined : shortestWay(next, path, path);
    if (!round) return [];
    for (const other of next.keys()) {
      if (shortestWay(next, path, other) && shortestWay(next, other, path)) told.add(other);
    }
    return [`${round.map((file) => `src/${file}`).join(' → ')} is a circle of imports.`];
  });
}

/** The files that each file imports. */
type Imports = ReadonlyMap<string, readonly string[]>;

/** The shortest way along the imports, of at least one of them, both ends included; undefined when there is none. */
function shortestWay(next: Imports, start: string, end: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const target of next.get(file) ?? []) {
      if (target === end) {
        const way = [end];
        for (let at: string | undefined = file; at !== undefined; at = cameFrom.get(at)) way.unshift(at);
        return way;
      }
      if (target !== start && !cameFrom.has(target)) {
        cameFrom.set(target, file);
        queue.push(target);
      }
    }
  }
  return undefined;
}
