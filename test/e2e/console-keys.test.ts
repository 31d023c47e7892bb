import { describe, expect, test } from 'vitest';
import { withMachines } from './console-terminal.ts';

describe('keys', () => {
  test('a paste of machine-1⏎rb starts nothing; jj moves twice; ry opens a question and does not answer it', async () => {
    const terminal = await withMachines();
    terminal.paste('machine-1\nrb');
    terminal.press('j');
    await terminal.until(/> {2}machine-2/);
    expect(terminal.text).toContain('0 runs active');
    expect(terminal.text).not.toContain('Repave');
    terminal.press('kjj');
    await terminal.until(/> {2}machine-3/);
    terminal.press('ry\r');
    await terminal.until('y yes');
    expect(terminal.text).toContain('Repave machine-3?');
    expect(terminal.text).toContain('0 runs active');
  });
});
