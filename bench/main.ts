import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { admission } from './admission.ts';
import { consoleFigures } from './console.ts';
import type { Figure } from './figure.ts';
import { ratioOf, tableOf } from './figure.ts';
import { importRows } from './import.ts';
import { lists } from './lists.ts';
import { repaves } from './repaves.ts';

/** What can be measured, by the name that selects it. */
const SUITES: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  repaves,
  lists,
  admission,
  import: importRows,
  console: consoleFigures,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(SUITES, name));
if (unknown.length > 0) {
  console.error(`there is no suite ${unknown.join(', ')}; there are: ${Object.keys(SUITES).join(', ')}`);
  process.exit(2);
}

const figures: Figure[] = [];
for (const [name, suite] of Object.entries(SUITES)) {
  if (wanted.length === 0 || wanted.includes(name)) figures.push(...(await suite()));
}
console.log(tableOf(figures));
if (wanted.length === 0) {
  const measured = figures.map((figure) => ({ ...figure, ratio: ratioOf(figure) }));
  const report = { node: process.version, at: new Date().toISOString(), figures: measured };
  writeFileSync(join(import.meta.dirname, 'figures.json'), `${JSON.stringify(report, null, 2)}\n`);
}
