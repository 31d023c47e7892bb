import type { MachineDeclaration } from '../../core/domain/decide/machine.ts';
import type { Refusal } from '../../core/domain/refusal.ts';
import { refuseFields } from '../../core/domain/refusal.ts';
import type { ProviderRegistry } from '../../core/ports/provider.ts';

/** What a client declares about a machine, if it is well-formed and names a provider that there is. */
export function checkDeclaration(
  providers: ProviderRegistry,
  declared: MachineDeclaration,
): MachineDeclaration | Refusal {
  const { provider } = declared.spec;
  if (providers.has(provider)) return declared;
  const known = [...providers.keys()].join(', ');
  const description = `there is no provider "${provider}"; known: ${known}`;
  return refuseFields([{ field: 'machine.spec.provider', description }]);
}
