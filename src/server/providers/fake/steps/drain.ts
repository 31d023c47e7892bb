import { hasCondition } from '../../../../core/domain/condition.ts';
import { type LogLine, notThere, type Procedure, type Scene } from '../procedure.ts';

/** Cordons the node and evicts what runs on it; a machine that is no node has nothing to evict. */
export function drainProcedure(scene: Scene): Procedure {
  const node = scene.machine.id;
  return {
    unit: 'stages',
    stages: [
      {
        note: 'cordoning the node',
        share: 30,
        lines: isNode(scene) ? [`node/${node} cordoned`] : [`node/${node} not found in any cluster: nothing to cordon`],
        effect: { cordoned: true },
      },
      {
        note: 'evicting workloads',
        share: 70,
        lines: isNode(scene) ? evictions(scene) : ['no workloads to evict'],
        effect: { drained: true },
      },
    ],
    lacks: ({ cordoned, drained }) => {
      if (!cordoned) return notThere(`node ${node} still takes workloads`);
      return drained ? null : notThere(`node ${node} still has workloads`);
    },
    done: isNode(scene) ? `node ${node} is cordoned and drained` : 'no node, nothing to drain',
    usualFailure: {
      code: 'EVICTION_BLOCKED',
      message: "cannot evict pod as it would violate the pod's disruption budget: payments/ledger-0",
    },
  };
}

/** Where the world was not there to see, the machine's record is believed. */
function isNode({ machine, before }: Scene): boolean {
  if (before.membership.kind === 'unobserved') return hasCondition(machine.conditions, 'InCustomerCluster');
  return before.membership.kind === 'member';
}

function evictions({ machine, dice }: Scene): readonly LogLine[] {
  const suffix = () => `${dice.hex(9)}-${dice.hex(5)}`;
  const pods = [`shop/checkout-${suffix()}`, `shop/catalog-${suffix()}`, `payments/ledger-${dice.int(0, 2)}`];
  return [
    {
      stderr: `Warning: ignoring DaemonSet-managed Pods: kube-system/cilium-${dice.hex(5)}, kube-system/kube-proxy-${dice.hex(5)}`,
    },
    ...pods.map((pod) => `evicting pod ${pod}`),
    ...pods.map((pod) => `pod/${pod.slice(pod.indexOf('/') + 1)} evicted`),
    `node/${machine.id} drained`,
  ];
}
