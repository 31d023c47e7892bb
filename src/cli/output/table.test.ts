import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellWidth } from '../../tui/format/cells.ts';
import { plainPaint } from './paint.ts';
import type { Column } from './table.ts';
import { tableLines } from './table.ts';

interface Row {
  readonly id: string;
  readonly rack: string;
  readonly note: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'MACHINE', text: (row) => row.id },
  { title: 'RACK', text: (row) => row.rack, leaves: 1 },
  { title: 'NOTE', text: (row) => row.note, shrinkTo: 6 },
];

const rows: readonly Row[] = [
  { id: 'machine-1', rack: 'r1', note: 'needs intervention: verify failed' },
  { id: 'machine-10', rack: 'r2', note: '' },
];

const lines = (width: number, of = rows) => tableLines(columns, of, width, plainPaint);

describe('a table', () => {
  it('is as wide as its texts where there is room, with nothing behind the last of them', () => {
    expect(lines(Number.POSITIVE_INFINITY)).toEqual([
      'MACHINE     RACK  NOTE',
      'machine-1   r1    needs intervention: verify failed',
      'machine-10  r2',
    ]);
  });

  it('cuts what may be cut first', () => {
    expect(lines(30)).toEqual(['MACHINE     RACK  NOTE', 'machine-1   r1    needs inter…', 'machine-10  r2']);
  });

  it('then lets columns go, and never the id', () => {
    expect(lines(19)).toEqual(['MACHINE     NOTE', 'machine-1   needs …', 'machine-10']);
    expect(lines(5)[2]).toBe('machine-10');
  });

  it('counts wide characters as two cells', () => {
    const wide = [{ id: '機械-1', rack: 'r1', note: '検証に失敗しました' }];
    expect(lines(Number.POSITIVE_INFINITY, wide)).toEqual(['MACHINE  RACK  NOTE', '機械-1   r1    検証に失敗しました']);
    expect(lines(24, wide).every((line) => cellWidth(line) <= 24)).toBe(true);
  });

  it('lets nothing through that moves the cursor', () => {
    const [, line] = lines(80, [{ id: 'a\u001b[2Jb', rack: 'r\n1', note: '\u0007' }]);
    expect(line).toMatch(/^ab +r1$/);
  });

  it('is never wider than the terminal while that has room for the id', () => {
    const row = fc.record({ id: fc.constant('machine-1'), rack: fc.string(), note: fc.string({ unit: 'grapheme' }) });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), fc.integer({ min: 17, max: 80 }), (some, width) => {
        for (const line of lines(width, some)) expect(cellWidth(line)).toBeLessThanOrEqual(width);
      }),
      { numRuns: 200 },
    );
  });
});
