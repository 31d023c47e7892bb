import { expect, it } from 'vitest';
import { didYouMean, suggest } from './suggest.ts';

const words = ['list', 'logs', 'plans', 'run', 'runs', 'reboot', 'repave', 'max-runs'];

it.each([
  ['lsit', 'list'],
  ['repav', 'repave'],
  ['rebot', 'reboot'],
  ['max-run', 'max-runs'],
  ['LIST', 'list'],
  ['xyzzy', null],
  ['a', null],
])('%s means %s', (text, word) => {
  expect(suggest(text, words)).toBe(word);
});

it('says so, or nothing', () => {
  expect(didYouMean('lsit', words)).toBe('; did you mean list?');
  expect(didYouMean('xyzzy', words)).toBe('');
});
