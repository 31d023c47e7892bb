import type { Filter } from './filter.ts';
import { matches } from './filter.ts';
import type { Machine } from './machine.ts';
import { effectiveState, machineView } from './machine.ts';

/** What a machine's control plane is like without it. */
export interface ControlPlane {
  readonly cluster: string;
  /** Its members, the machine among them. */
  readonly members: number;
  /** How many of the others are in service. */
  readonly serving: number;
}

/** The label that says what a machine does for its cluster, and the value for a member of the control plane. */
const ROLE: Filter['clauses'][number] = { field: 'labels', key: 'role', op: '=', value: 'control-plane' };

/** What finds the members of the control plane that a machine belongs to; null where it is of none. */
export function controlPlaneFilter(machine: Machine): Filter | null {
  const cluster = machine.spec.targetCluster?.clusterId ?? '';
  if (cluster === '' || !matches({ clauses: [ROLE] }, machineView(machine))) return null;
  return { clauses: [{ field: 'cluster', key: '', op: '=', value: cluster }, ROLE] };
}

/** What its control plane is like without a machine. @param members all that the filter finds */
export function controlPlaneWithout(machine: Machine, members: readonly Machine[]): ControlPlane {
  const others = members.filter(({ id }) => id !== machine.id);
  const serving = others.filter((other) => effectiveState(other) === 'IN_SERVICE').length;
  return { cluster: machine.spec.targetCluster?.clusterId ?? '', members: others.length + 1, serving };
}

/** Whether the others are a majority of all members, which is what its store of state needs (etcd's quorum). */
export function hasMajority({ members, serving }: ControlPlane): boolean {
  return serving > members / 2;
}

/** The control plane in a sentence: `machine-1 is 1 of 3 control-plane machines of prod-a, and 1 of the other 2 is in service`. */
export function controlPlaneText(machineId: string, { cluster, members, serving }: ControlPlane): string {
  if (members === 1) return `machine ${machineId} is the only control-plane machine of ${cluster}`;
  const verb = serving === 1 ? 'is' : 'are';
  return `machine ${machineId} is 1 of ${members} control-plane machines of ${cluster}, and ${serving} of the other ${members - 1} ${verb} in service`;
}
