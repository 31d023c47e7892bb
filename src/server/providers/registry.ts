import type { Provider, ProviderRegistry } from '../../core/ports/provider.ts';

/**
 * Puts providers under their names, in the order given.
 *
 * @throws Error when a name is empty or taken: a machine's `spec.provider` must name one and no other
 */
export function createProviderRegistry(providers: readonly Provider[]): ProviderRegistry {
  const registry = new Map<string, Provider>();
  for (const provider of providers) {
    if (provider.name === '') throw new Error('a provider has no name');
    if (registry.has(provider.name)) throw new Error(`two providers are named "${provider.name}"`);
    registry.set(provider.name, provider);
  }
  return registry;
}
