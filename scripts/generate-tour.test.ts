import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from './bundle.ts';
import { tourFiles } from './generate-tour.ts';

const files = [...(await tourFiles())];

it.each(files)('%s is as the sources have it', async (path, text) => {
  // Stale: node scripts/generate-tour.ts.
  expect(await readFile(join(packageRoot, path), 'utf8')).toBe(text);
});
