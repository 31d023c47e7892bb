import { expect, test } from 'vitest';
import { withShortRunIds } from './words.ts';

test('runs are named in a sentence as people see them, and nothing else is cut', () => {
  expect(
    withShortRunIds('busy with run 42idkdujcj0u0dix, not run 42idkduj; run-42idkdujcj0u0dix, rerun 42idkdujcj0u0dix'),
  ).toBe('busy with run 42idkduj, not run 42idkduj; run-42idkdujcj0u0dix, rerun 42idkdujcj0u0dix');
  expect(withShortRunIds('the serial 42idkdujcj0u0dix of run 42idkdujcj0u0dix1')).toBe(
    'the serial 42idkdujcj0u0dix of run 42idkdujcj0u0dix1',
  );
});
