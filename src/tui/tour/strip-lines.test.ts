import { describe, expect, test } from 'vitest';
import { lineText, lineWidth } from '../format/segment.ts';
import { unicodeGlyphs } from '../theme/glyphs.ts';
import type { GuestView } from './guest.ts';
import { stripLines } from './strip-lines.ts';

const VIEW: GuestView = {
  owner: 'guest',
  badge: 'TOUR',
  count: '3 of 10',
  title: 'A machine is repaved',
  command: 'bmdemo repave machine-1',
  status: { tone: 'muted', text: '' },
  keys: [
    { key: 'r', label: 'again' },
    { key: 's', label: 'skip' },
    { key: 'e', label: 'explore' },
  ],
  card: null,
  blank: false,
  look: { revision: 1, machineId: null, pane: null },
};
const LOST = 'the server no longer knows run run10000: it has come back without its state';

function strip(status: GuestView['status'], width: number): string[] {
  const lines = stripLines({ ...VIEW, status }, width, unicodeGlyphs);
  for (const line of lines) expect(lineWidth(line)).toBeLessThanOrEqual(width);
  return lines.map((line) => lineText(line).trimEnd());
}

describe('the strip', () => {
  test('says the part, how it stands, the command and the keys', () => {
    const [head, lower] = strip({ tone: 'busy', text: 'waiting for the outcome' }, 80);
    expect(head).toMatch(/^ TOUR {2}3 of 10 {2}A machine is repaved +waiting for the outcome$/);
    expect(lower).toMatch(/^ \$ bmdemo repave machine-1 +r again {2}s skip {2}e explore$/);
  });

  test('says whole what went wrong, in place of the part and of the command where there is no room', () => {
    const [head, lower] = strip({ tone: 'error', text: LOST }, 80);
    expect(head).toBe(' TOUR  the server no longer knows run run10000: it has come back without its');
    expect(lower).toMatch(/^ state +r again {2}s skip {2}e explore$/);
  });

  test('leaves part and command where there is room for what went wrong', () => {
    const [head, lower] = strip({ tone: 'error', text: LOST }, 120);
    expect(head).toContain('A machine is repaved');
    expect(head).toContain(LOST);
    expect(lower).toContain('$ bmdemo repave machine-1');
  });

  test.each([20, 40, 60, 80, 100, 120, 200])('fits %i columns, and keeps the first key', (width) => {
    for (const tone of ['error', 'warn', 'muted'] as const) {
      expect(strip({ tone, text: `${LOST}: ${LOST}` }, width)[1]).toContain('r again');
    }
  });
});
