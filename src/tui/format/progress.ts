import type { Progress } from '../../wire/gen/baremetal/v1/run_pb.ts';

/** How much of it is done, 0 to 1; undefined where the total is not known. */
export function fractionOf(progress: Progress | undefined): number | undefined {
  if (progress === undefined || !(progress.total > 0)) return undefined;
  return Math.min(1, Math.max(0, progress.current / progress.total));
}

/**
 * A bar of plain ASCII, `######..`: block glyphs cost several times as much to draw. Only a whole is drawn as one, and only
 * nothing as nothing.
 */
export function progressBar(fraction: number, width: number): string {
  const rounded = Math.round(fraction * width);
  const full = fraction >= 1 ? width : Math.min(rounded, width - 1);
  const done = fraction > 0 ? Math.max(full, Math.min(1, width - 1)) : 0;
  return '#'.repeat(done) + '.'.repeat(width - done);
}

/** Per cent in 4 cells, rounded down: `  7%`, ` 72%`, `100%`. */
export function formatPercent(fraction: number): string {
  return `${Math.floor(fraction * 100)}%`.padStart(4);
}
