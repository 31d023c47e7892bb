import type { Aggregate } from '../../core/domain/aggregate.ts';
import type { Decision } from '../../core/domain/decide/decision.ts';
import type { Refusal } from '../../core/domain/refusal.ts';
import type { Command, Transacted } from '../../core/engine/transact.ts';
import { transact } from '../../core/engine/transact.ts';
import type { Store } from '../../core/ports/store.ts';
import { answered } from './answers.ts';

/**
 * Carries out a command: decides it on the machine as it is, and writes what it brings about.
 *
 * @throws RpcError where it is refused
 */
export async function carryOut<D extends Decision | { readonly kind: 'existing' }>(
  store: Store,
  command: Omit<Command, 'guard'>,
  decide: (aggregate: Aggregate, others: readonly Aggregate[]) => D | Refusal,
): Promise<Transacted<D>> {
  const result = answered(await transact(store, command, decide));
  if (result.kind === 'fenced') throw new Error('a command without a guard was fenced');
  return result;
}
