import { join } from 'node:path';
import { expect, it } from 'vitest';
import { defaultStore, parseStore } from './store-location.ts';

it.each([
  ['memory', { kind: 'memory' }],
  ['sqlite:/var/lib/bmdemo/b.db', { kind: 'sqlite', path: '/var/lib/bmdemo/b.db' }],
  ['sqlite:b.db', { kind: 'sqlite', path: join(process.cwd(), 'b.db') }],
  ['sqlite:', null],
  ['sqlite', null],
  ['Memory', null],
  ['mysql://host/db', null],
])('%s is %j', (text, store) => {
  expect(parseStore(text)).toEqual(store);
});

it('is in the state directory unless something else is said', () => {
  expect(defaultStore({ XDG_STATE_HOME: '/state' })).toEqual({ kind: 'sqlite', path: '/state/bmdemo/bmdemo.db' });
});
