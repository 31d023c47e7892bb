// Vitest runs this once before the tests that start the built program.
import { buildBundle, isBundleStale } from './bundle.ts';

/** Brings dist/ up to date with the sources. @throws when they do not build. */
export async function setup(): Promise<void> {
  if (isBundleStale()) await buildBundle();
}
