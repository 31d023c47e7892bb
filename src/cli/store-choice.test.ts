import { expect, it } from 'vitest';
import type { Settings } from './settings/resolve.ts';
import { storeOf } from './store-choice.ts';

const ENV = { XDG_STATE_HOME: '/state' };

function settings(values: Partial<Record<string, unknown>>): Pick<Settings, 'value'> {
  return { value: (name) => values[name] as never };
}

it('is a file in the state directory where nothing is said', () => {
  expect(storeOf(settings({}), ENV)).toEqual({ kind: 'sqlite', path: '/state/bmdemo/bmdemo.db' });
});

it('is the one that was named; a shared one has a lease', () => {
  const url = 'postgres://host/db';
  expect(storeOf(settings({ store: { kind: 'memory' } }), ENV)).toEqual({ kind: 'memory' });
  expect(storeOf(settings({ store: { kind: 'postgres', url } }), ENV)).toEqual({
    kind: 'postgres',
    url,
    leaseMs: 5_000,
  });
  const shorter = settings({ store: { kind: 'postgres', url }, lease: 1.5 });
  expect(storeOf(shorter, ENV)).toEqual({ kind: 'postgres', url, leaseMs: 1_500 });
});
