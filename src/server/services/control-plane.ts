import type { ControlPlane } from '../../core/domain/control-plane.ts';
import { controlPlaneFilter, controlPlaneWithout } from '../../core/domain/control-plane.ts';
import type { Machine } from '../../core/domain/machine.ts';
import type { Store } from '../../core/ports/store.ts';

/** More members than any control plane has. */
const MAX_MEMBERS = 1_000;

/** The control plane that a machine belongs to, as it is now without it; null where it is of none. */
export async function controlPlaneOf(store: Store, machine: Machine | null): Promise<ControlPlane | null> {
  const filter = machine === null ? null : controlPlaneFilter(machine);
  if (machine === null || filter === null) return null;
  const query = { filter, orderBy: 'machine_id', descending: false, limit: MAX_MEMBERS, after: null } as const;
  const { rows } = await store.machines(query);
  return controlPlaneWithout(machine, rows);
}
