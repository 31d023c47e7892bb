import { expect, it } from 'vitest';
import { capabilitiesIn } from '../../core/ports/provider.ts';
import { createProviderRegistry } from './registry.ts';

it('finds a provider by its name, with what it can do', () => {
  const registry = createProviderRegistry([{ name: 'none', drivers: {} }]);
  expect(capabilitiesIn(registry, 'none')).toEqual(new Set());
  expect(capabilitiesIn(registry, 'other')).toBeNull();
});

it('refuses two of one name, and one without', () => {
  const one = { name: 'one', drivers: {} };
  expect(() => createProviderRegistry([one, { ...one }])).toThrow('two providers are named "one"');
  expect(() => createProviderRegistry([{ name: '', drivers: {} }])).toThrow('a provider has no name');
});
