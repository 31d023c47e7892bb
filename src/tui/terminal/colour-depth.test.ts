import { expect, test } from 'vitest';
import { forcedColour } from './colour-depth.ts';

test.each([
  [{}, undefined],
  [{ NO_COLOR: '1' }, '0'],
  [{ NO_COLOR: '' }, undefined],
  [{ NO_COLOR: '1', FORCE_COLOR: '3' }, '0'],
  [{ CI: 'true', TERM: 'xterm-256color' }, '2'],
  [{ CI: 'true', TERM: 'xterm', COLORTERM: 'truecolor' }, '3'],
  [{ CI: '', TERM: 'xterm' }, '1'],
  [{ CI: 'true', FORCE_COLOR: '1' }, undefined],
])('%j forces %s', (env, forced) => {
  expect(forcedColour(env)).toBe(forced);
});
