import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseStore } from './store-location.ts';

it.each([
  ['memory', { kind: 'memory' }],
  ['sqlite:/var/lib/bmdemo/b.db', { kind: 'sqlite', path: '/var/lib/bmdemo/b.db' }],
  ['sqlite:b.db', { kind: 'sqlite', path: join(process.cwd(), 'b.db') }],
  ['sqlite:', null],
  ['sqlite', null],
  ['Memory', null],
  ['postgres://me:secret@host:5433/db', { kind: 'postgres', url: 'postgres://me:secret@host:5433/db' }],
  ['postgresql:///db', { kind: 'postgres', url: 'postgresql:///db' }],
  ['postgres:', null],
  ['mysql://host/db', null],
])('%s is %j', (text, store) => {
  expect(parseStore(text)).toEqual(store);
});
