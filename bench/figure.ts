/** One row of the table: what was measured, and the limit that was measured beside it. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the value is held against, measured in the same run where it can be. */
  readonly limit: number;
  /** What the limit is, in a few words. */
  readonly against: string;
  /** The ratio that is to be reached; smaller is better unless `atLeast`. */
  readonly target: number;
  readonly atLeast?: boolean;
}

/** A value over its limit. */
export function ratioOf(figure: Figure): number {
  return figure.value / figure.limit;
}

/** The table as people read it. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    `${rounded(figure.value)} ${figure.unit}`,
    `${rounded(figure.limit)} ${figure.unit}`,
    figure.against,
    rounded(ratioOf(figure)),
    `${figure.atLeast ? '≥' : '≤'} ${figure.target}`,
  ]);
  const all = [['figure', 'measured', 'limit', 'which is', 'ratio', 'to reach'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** The value below which this share of a sample lies; the sample is not empty. */
export function quantile(sample: readonly number[], share: number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
