import type { MachineDeclaration } from '../../core/domain/decide/machine.ts';
import type { Machine } from '../../core/domain/machine.ts';
import type { Refusal } from '../../core/domain/refusal.ts';
import { refuseFields } from '../../core/domain/refusal.ts';
import type { RawMachine } from '../../core/domain/validate-machine.ts';
import { parseMachineDeclaration } from '../../core/domain/validate-machine.ts';
import type { ProviderRegistry } from '../../core/ports/provider.ts';

/** What a client declares about a machine, if it is well-formed. */
export function readDeclaration(sent: RawMachine): MachineDeclaration | Refusal {
  const declared = parseMachineDeclaration(sent);
  return 'spec' in declared ? declared : refuseFields(declared);
}

/**
 * The declaration with a provider that there is. No name means the server's first one. A machine may keep the provider
 * that it has, also where only another server has that.
 *
 * @param machine the machine as it is, null where it is new
 */
export function withProvider(
  providers: ProviderRegistry,
  declared: MachineDeclaration,
  machine: Machine | null,
): MachineDeclaration | Refusal {
  const known = [...providers.keys()];
  const provider = declared.spec.provider === '' ? (known[0] ?? '') : declared.spec.provider;
  if (provider !== machine?.spec.provider && !providers.has(provider)) {
    const description = `there is no provider "${provider}"; known: ${known.join(', ')}`;
    return refuseFields([{ field: 'machine.spec.provider', description }]);
  }
  return { ...declared, spec: { ...declared.spec, provider } };
}
