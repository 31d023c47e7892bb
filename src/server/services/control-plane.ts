import type { Aggregate } from '../../core/domain/aggregate.ts';
import type { ControlPlane } from '../../core/domain/control-plane.ts';
import { controlPlaneFilter, controlPlaneWithout } from '../../core/domain/control-plane.ts';
import { matches } from '../../core/domain/filter.ts';
import type { Machine } from '../../core/domain/machine.ts';
import { machineView } from '../../core/domain/machine.ts';
import type { ListQuery, MachineOrder, PageKey, Store } from '../../core/ports/store.ts';

/** So many machines are asked for at once. */
const PAGE = 1_000;

/** The other members of the control plane that a machine belongs to, as they are; nobody where it is of none. */
export async function otherMembers(store: Store, machine: Machine | null): Promise<readonly Aggregate[]> {
  const filter = machine === null ? null : controlPlaneFilter(machine);
  if (machine === null || filter === null) return [];
  const ids: string[] = [];
  let after: PageKey | null = null;
  do {
    const query: ListQuery<MachineOrder> = { filter, orderBy: 'machine_id', descending: false, limit: PAGE, after };
    const page = await store.machines(query);
    ids.push(...page.rows.map(({ id }) => id));
    after = page.next;
  } while (after !== null);
  return Promise.all(ids.filter((id) => id !== machine.id).map((id) => store.load(id)));
}

/**
 * The control plane that a machine belongs to, as it is without it; null where it is of none.
 *
 * @param others the other members, of which some may have left meanwhile
 */
export function controlPlaneOf(machine: Machine | null, others: readonly Aggregate[]): ControlPlane | null {
  const filter = machine === null ? null : controlPlaneFilter(machine);
  if (machine === null || filter === null) return null;
  const members = others.flatMap(({ machine: other }) =>
    other !== null && matches(filter, machineView(other)) ? [other] : [],
  );
  return controlPlaneWithout(machine, members);
}
