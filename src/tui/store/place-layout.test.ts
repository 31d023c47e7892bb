import { describe, expect, test } from 'vitest';
import type { Layout } from './layout.ts';
import { tableRows } from './layout.ts';
import type { Detail, Place } from './place.ts';
import { layOutPlace } from './place-layout.ts';

const MACHINE: Detail = { kind: 'machine', machineId: 'machine-1', from: 'machines' };
const RUN: Detail = { kind: 'run', runId: 'r', machineId: 'machine-1', from: 'list' };
const SCREENS: readonly (readonly [Place, readonly Detail[]])[] = [
  ['runs', []],
  ['plans', []],
  ['events', []],
  ['server-log', []],
  ['machines', [MACHINE]],
  ['machines', [MACHINE, RUN]],
  ['events', [RUN]],
];

function layout(place: Place, path: readonly Detail[], columns: number, rows: number, listed = 5): Layout {
  return layOutPlace({ columns, rows }, { place, path, listed, lower: 'run', zoomed: undefined });
}

describe('the layout of a place', () => {
  test.each(SCREENS)('%s %j fills what header, footer and the line below the header leave', (place, path) => {
    for (let columns = 80; columns <= 220; columns += 7) {
      for (let rows = 20; rows <= 70; rows++) {
        for (const listed of [0, 5, 2_000]) {
          const { rows: stood, panes } = layout(place, path, columns, rows, listed);
          const heights = stood.map((row) => Math.max(...row.map((pane) => panes[pane]?.rows ?? 0)));
          const widths = stood.map((row) => row.reduce((sum, pane) => sum + (panes[pane]?.columns ?? 0), 0));
          expect(new Set(widths)).toEqual(new Set([columns]));
          expect(heights.reduce((sum, height) => sum + height, 3)).toBe(rows);
        }
      }
    }
  });

  test('a list has room for rows even on the smallest terminal', () => {
    for (const [place, path] of SCREENS.slice(0, 3)) {
      expect(tableRows(layout(place, path, 80, 20), 'list')).toBeGreaterThanOrEqual(4);
    }
  });

  test('says in which order Tab goes, also to what comes with the focus alone', () => {
    expect(layout('runs', [], 80, 24).order).toEqual(['list', 'run', 'log']);
    expect(layout('runs', [], 200, 60).order).toEqual(['list', 'run', 'log', 'machine']);
    expect(layout('events', [], 120, 40).order).toEqual(['list', 'text']);
    expect(layout('machines', [MACHINE], 80, 24).order).toEqual(['list', 'machine']);
    expect(layout('machines', [MACHINE], 159, 40).order).toEqual(['list', 'machine']);
    expect(layout('machines', [MACHINE], 160, 40).order).toEqual(['list', 'run', 'log', 'machine']);
    expect(layout('runs', [RUN], 80, 24).order).toEqual(['run', 'log']);
    expect(Object.keys(layout('runs', [RUN], 80, 24).panes)).toEqual(['run']);
  });

  test('is none where the terminal is too small', () => {
    expect(layout('runs', [], 79, 40).fits).toBe(false);
  });
});
