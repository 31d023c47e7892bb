import { describe, expect, test } from 'vitest';
import { GAP, planTable } from './table-columns.ts';

const plan = (width: number, id = 9) => planTable(width, { id, rack: 2, cluster: 6 });
const keys = (width: number, id = 9) => plan(width, id).columns.map(({ key }) => key);
const used = (width: number, id = 9) => plan(width, id).columns.reduce((sum, column) => sum + column.width + GAP, -GAP);

describe('the columns of the machine table', () => {
  test('all of them where there is room', () => {
    expect(keys(113)).toEqual(['machine', 'phase', 'doing', 'rack', 'cluster', 'age', 'note']);
    expect(plan(113).bar).toBe(true);
  });

  test('leave in order: CLUSTER, RACK, AGE, the bar; NOTE goes only where there is nothing for it', () => {
    const steps: string[] = [];
    let before = '';
    for (let width = 130; width >= 40; width--) {
      const { columns, bar } = plan(width);
      const now = [...columns.map(({ key }) => key), ...(bar ? ['bar'] : [])].join(' ');
      if (now !== before) steps.push(now);
      before = now;
    }
    expect(steps).toEqual([
      'machine phase doing rack cluster age note bar',
      'machine phase doing rack age note bar',
      'machine phase doing age note bar',
      'machine phase doing note bar',
      'machine phase doing note',
      'machine phase doing',
    ]);
  });

  test.each([196, 116, 96, 73, 60, 40])('never take more than %d cells', (width) => {
    expect(used(width)).toBeLessThanOrEqual(width);
  });

  test('RACK leaves rather than that NOTE has room for one word only', () => {
    expect(keys(113, 29)).toEqual(['machine', 'phase', 'doing', 'age', 'note']);
    expect(plan(113, 29).columns.at(-1)?.width).toBeGreaterThanOrEqual(18);
  });

  test('NOTE stays beside ids of 29 characters at 80 columns, and of up to 30', () => {
    const { columns } = plan(73, 29);
    expect(columns.map(({ key, width }) => [key, width])).toEqual([
      ['machine', 29],
      ['phase', 13],
      ['doing', 13],
      ['note', 12],
    ]);
    expect(keys(73, 30)).toContain('note');
    expect(keys(73, 31)).not.toContain('note');
  });

  test('MACHINE and PHASE stay whole beside the longest id there can be', () => {
    const { columns } = plan(73 + 14, 63);
    expect(columns.find(({ key }) => key === 'machine')?.width).toBe(63);
    expect(columns.find(({ key }) => key === 'phase')?.width).toBe(13);
  });
});
