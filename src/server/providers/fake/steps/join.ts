import { addressOf } from '../names.ts';
import { notThere, type Procedure, type Scene } from '../procedure.ts';

/** Joins the machine to a cluster with kubeadm; a bootstrap token never reaches the log. */
export function joinProcedure({ machine, before, dice }: Scene, clusterId: string): Procedure {
  const api = `api.${clusterId}.example:6443`;
  const already = before.membership.kind === 'member' && before.membership.clusterId === clusterId;
  return {
    unit: 'stages',
    stages: [
      {
        note: 'pre-flight checks',
        share: 20,
        lines: [
          `ssh: ${addressOf(machine)}: kubeadm join ${api} --token [redacted] --discovery-token-ca-cert-hash [redacted]`,
          '[preflight] Running pre-flight checks',
          already
            ? {
                stderr:
                  '[WARNING FileAvailable--etc-kubernetes-kubelet.conf]: /etc/kubernetes/kubelet.conf already exists',
              }
            : '[preflight] containerd 1.7.20, swap off, br_netfilter loaded',
        ],
      },
      {
        note: 'discovering the cluster',
        share: 20,
        lines: [
          `[discovery] Created cluster-info discovery client, requesting info from "https://${api}"`,
          `[discovery] Cluster info signature and contents are valid and TLS certificate validates against pinned roots, will use API server "${api}"`,
          '[preflight] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...',
        ],
      },
      {
        note: 'starting the kubelet',
        share: 20,
        lines: [
          '[kubelet-start] Writing kubelet configuration to file "/var/lib/kubelet/config.yaml"',
          '[kubelet-start] Writing kubelet environment file with flags to file "/var/lib/kubelet/kubeadm-flags.env"',
          '[kubelet-start] Starting the kubelet',
        ],
      },
      {
        note: 'TLS bootstrap',
        share: 20,
        lines: [
          '[kubelet-check] Waiting for a healthy kubelet at http://127.0.0.1:10248/healthz. This can take up to 4m0s',
          `[kubelet-check] The kubelet is healthy after ${dice.int(500, 1400)}.${dice.int(100, 999)}ms`,
          '[kubelet-start] Waiting for the kubelet to perform the TLS Bootstrap',
        ],
      },
      {
        note: 'registering the node',
        share: 20,
        lines: [
          'This node has joined the cluster:',
          '* Certificate signing request was sent to apiserver and a response was received.',
          '* The Kubelet was informed of the new secure connection details.',
        ],
        effect: { membership: { kind: 'member', clusterId }, cordoned: false, drained: false },
      },
    ],
    lacks: ({ membership }) => {
      if (membership.kind !== 'member') return notThere(`cluster ${clusterId} has no node ${machine.id}`);
      return membership.clusterId === clusterId ? null : notThere(`the node is in cluster ${membership.clusterId}`);
    },
    done: `node ${machine.id} joined cluster ${clusterId}`,
    usualFailure: {
      code: 'JOIN_FAILED',
      message: `error execution phase preflight: couldn't validate the identity of the API Server: Get "https://${api}": context deadline exceeded`,
    },
  };
}
