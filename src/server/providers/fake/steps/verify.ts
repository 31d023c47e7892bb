import { addressOf } from '../names.ts';
import { type Failure, notThere, type Procedure, type Scene } from '../procedure.ts';
import type { MachineState } from '../world/world.ts';

/** Waits for the node to be Ready in the cluster. A node that this world never saw joining or leaving is taken to be there. */
export function verifyProcedure({ machine, before, dice }: Scene, clusterId: string): Procedure {
  const node = machine.id;
  const missing = missingFrom(before, node, clusterId);
  const pods = dice.int(5, 9);
  return {
    unit: 'stages',
    stages: [
      {
        note: 'looking for the node',
        share: 50,
        lines: missing
          ? [`kubectl --context ${clusterId} get node ${node}`]
          : [
              `kubectl --context ${clusterId} get node ${node}`,
              `${node}: kubelet v${before.kubelet} at ${addressOf(machine)}`,
              `${node}: Ready=False KubeletNotReady: container runtime network not ready: cni plugin not initialized`,
            ],
      },
      {
        note: 'waiting for Ready',
        share: 50,
        lines: missing
          ? [{ stderr: `Error from server (NotFound): nodes "${node}" not found` }]
          : [
              `cilium-${dice.hex(5)}: agent ready`,
              `node/${node} condition met: Ready=True`,
              `${node}: ${pods} of ${pods} system pods running`,
            ],
        ...(before.membership.kind === 'unobserved' ? { effect: { membership: { kind: 'member', clusterId } } } : {}),
      },
    ],
    lacks: (state) => missingFrom(state, node, clusterId) ?? unobserved(state),
    done: `node ${node} is Ready in cluster ${clusterId}`,
    usualFailure: {
      code: 'NODE_NOT_READY',
      message: `node ${node} is NotReady: container runtime network not ready: cni plugin not initialized`,
    },
  };
}

function missingFrom({ membership }: MachineState, node: string, clusterId: string): Failure | null {
  if (membership.kind === 'unobserved') return null;
  if (membership.kind === 'none') {
    return { code: 'NODE_NOT_FOUND', message: `cluster ${clusterId} has no node ${node}: it was never joined` };
  }
  if (membership.clusterId === clusterId) return null;
  return { code: 'NODE_NOT_FOUND', message: `node ${node} is in cluster ${membership.clusterId}, not in ${clusterId}` };
}

function unobserved({ membership }: MachineState): Failure | null {
  return membership.kind === 'unobserved' ? notThere('the node has not been seen') : null;
}
