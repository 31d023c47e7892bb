/** One part of src/ and what its files may import. */
export interface Part {
  /**
   * The folder, below src/. A file belongs to the deepest part that holds it; `*` stands for the name of one folder,
   * each of which is a part of its own.
   */
  readonly folder: string;
  /** The other folders it may import from, with all that is below them; its own it always may. */
  readonly imports: readonly string[];
  /** The packages, `node:` modules included, that it may import. */
  readonly packages: 'any' | 'none' | { readonly anyBut: readonly string[] };
  /** What the tests of this part may import beside that. */
  readonly testsImport?: readonly string[];
  /** The line of the house, as the error quotes it. */
  readonly line: string;
}

const storesAndProviders = 'stores and providers import ports and domain, never each other and never the engine';
const onlyCli = 'only cli brings the server into the process';

/** Who may import whom, as `npm run check` holds it. */
export const parts: readonly Part[] = [
  {
    folder: 'core/domain',
    imports: [],
    packages: 'none',
    line: 'the domain imports nothing outside itself',
  },
  {
    folder: 'core/ports',
    imports: ['core/domain'],
    packages: 'none',
    line: 'ports import the domain and nothing else',
  },
  {
    folder: 'core/engine',
    imports: ['core/domain', 'core/ports'],
    packages: 'none',
    testsImport: ['server/stores/memory', 'server/providers/fake'],
    line: 'the engine imports domain and ports and nothing else',
  },
  {
    folder: 'wire/gen',
    imports: [],
    packages: 'any',
    line: 'generated code imports generated code',
  },
  {
    folder: 'wire',
    imports: ['core/domain'],
    packages: 'any',
    line: 'wire stands on generated code and the domain',
  },
  {
    folder: 'server/stores/*',
    imports: ['core/domain', 'core/ports', 'server/stores/shared'],
    packages: 'any',
    line: storesAndProviders,
  },
  {
    folder: 'server/providers/*',
    imports: ['core/domain', 'core/ports', 'server/providers/shared'],
    packages: 'any',
    line: storesAndProviders,
  },
  {
    folder: 'server',
    imports: ['wire', 'core'],
    packages: 'any',
    line: 'the server stands on wire and core',
  },
  {
    folder: 'client',
    imports: ['wire'],
    packages: 'any',
    line: `the client stands on wire; ${onlyCli}`,
  },
  {
    folder: 'tour',
    imports: ['client', 'wire'],
    packages: { anyBut: ['ink', 'react'] },
    line: `the tour stands on client and wire, and draws nothing itself; ${onlyCli}`,
  },
  {
    folder: 'tui',
    imports: ['client', 'wire'],
    packages: 'any',
    line: `tui stands on client and wire; ${onlyCli}`,
  },
  {
    folder: 'cli',
    imports: ['core', 'wire', 'server', 'client', 'tour', 'tui'],
    packages: 'any',
    line: 'cli sits on top of the other parts of src/',
  },
];

/** Packages that any test may import, whatever its part may. */
export const testPackages: readonly string[] = ['vitest', 'fast-check'];
