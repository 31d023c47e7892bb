import type { RoomView } from '../room/view.ts';
import { phaseOf } from '../room/view.ts';
import type { Script } from '../script/script.ts';

/** The machine of each role: the first of its machines that is not retired, as far as that is known. */
export function bindRoles(roles: Script['roles'], view: RoomView): ReadonlyMap<string, string> {
  const isFit = (id: string) => {
    const machine = view.machines.get(id);
    return machine === undefined || phaseOf(machine) !== 'RETIRED';
  };
  return new Map(Object.entries(roles).map(([role, ids]) => [role, ids.find(isFit) ?? ids[0] ?? role]));
}
