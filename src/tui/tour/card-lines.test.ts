import { describe, expect, it } from 'vitest';
import { unicodeGlyphs } from '../theme/glyphs.ts';
import { cardLines } from './card-lines.ts';
import type { CardTable } from './guest.ts';

const TABLE: CardTable = {
  columns: ['PLAN', 'STEPS'],
  rows: [
    ['reboot', 'reboot'],
    ['repave', 'set-netboot, repave-image, join-cluster'],
    ['none', ''],
  ],
  marked: [1],
  wraps: false,
};

function shown(table: CardTable, rows = 20) {
  const card = { title: 'Plans', tone: 'plain' as const, body: [table] };
  return cardLines(card, 34, rows, unicodeGlyphs).map((line) => line.map(({ text }) => text.trimEnd()).join(''));
}

describe('a table of a card', () => {
  it('cuts the last column where it does not fit', () => {
    expect(shown(TABLE)).toEqual(['PLAN    STEPS', 'reboot  reboot', 'repave  set-netboot, repave-image…', 'none']);
  });

  it('or wraps it, and keeps it below itself', () => {
    const lines = [
      'PLAN    STEPS',
      'reboot  reboot',
      'repave  set-netboot, repave-image,',
      '        join-cluster',
      'none',
    ];
    expect(shown({ ...TABLE, wraps: true })).toEqual(lines);
    expect(shown({ ...TABLE, wraps: true }, 3)).toEqual([...lines.slice(0, 2), '…']);
  });

  it('lets the widest column give way where little is left for the last', () => {
    const phases: CardTable = {
      columns: ['PHASE', 'MEANS', 'MACHINES'],
      rows: [
        ['READY', 'has a system', 'machine-1, machine-2'],
        ['RMA', 'waits for new hardware', ''],
      ],
      marked: [],
      wraps: true,
    };
    expect(shown(phases)).toEqual([
      'PHASE  MEANS     MACHINES',
      'READY  has a     machine-1,',
      '       system    machine-2',
      'RMA    waits',
      '       for new',
      '       hardware',
    ]);
  });
});
