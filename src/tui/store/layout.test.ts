import { describe, expect, test } from 'vitest';
import type { Layout } from './layout.ts';
import { layOut, tableRows } from './layout.ts';

const names = ({ panes }: Layout) => Object.keys(panes).sort();

/** What the panes take together, with header and footer: the widest row, and all rows below each other. */
function filled({ rows, panes }: Layout) {
  const heights = rows.map((row) => Math.max(...row.map((pane) => panes[pane]?.rows ?? 0)));
  const widths = rows.map((row) => row.reduce((sum, pane) => sum + (panes[pane]?.columns ?? 0), 0));
  return { columns: Math.max(...widths), rows: 2 + heights.reduce((sum, height) => sum + height, 0) };
}

describe('the layout', () => {
  test.each([
    [79, 40],
    [120, 19],
  ])('does not fit into %dx%d', (columns, rows) => {
    expect(layOut({ columns, rows }, 3, 'run').fits).toBe(false);
  });

  test('shows run or log below the table while it is narrow and low', () => {
    expect(names(layOut({ columns: 80, rows: 24 }, 3, 'run'))).toEqual(['machines', 'run']);
    expect(names(layOut({ columns: 99, rows: 31 }, 3, 'log'))).toEqual(['log', 'machines']);
    expect(layOut({ columns: 80, rows: 24 }, 3, 'log').order).toEqual(['machines', 'run', 'log']);
  });

  test('shows both from 32 rows or 100 columns on, and the machine from 160 columns on', () => {
    expect(names(layOut({ columns: 80, rows: 32 }, 3, 'run'))).toEqual(['log', 'machines', 'run']);
    expect(names(layOut({ columns: 100, rows: 20 }, 3, 'run'))).toEqual(['log', 'machines', 'run']);
    expect(names(layOut({ columns: 160, rows: 20 }, 3, 'run'))).toEqual(['log', 'machine', 'machines', 'run']);
  });

  test('gives the whole screen to the table while there is no machine', () => {
    expect(layOut({ columns: 120, rows: 40 }, 0, 'run').panes).toEqual({ machines: { columns: 120, rows: 38 } });
  });

  test('fills the terminal exactly, whatever its size and however many machines there are', () => {
    for (let columns = 80; columns <= 220; columns += 7) {
      for (let rows = 20; rows <= 70; rows++) {
        for (const machines of [1, 3, 12, 10_000]) {
          const layout = layOut({ columns, rows }, machines, 'run');
          expect(filled(layout)).toEqual({ columns, rows });
          expect(tableRows(layout)).toBeGreaterThanOrEqual(4);
        }
      }
    }
  });
});
