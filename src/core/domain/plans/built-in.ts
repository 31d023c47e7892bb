import type { ParamSpec, Plan, Step, StepAction } from '../plan.ts';
import { PLAIN_STEP } from '../plan.ts';
import { DEFAULT_RETRY } from '../retry.ts';

const CLUSTER: ParamSpec = {
  name: 'cluster_id',
  type: 'string',
  help: 'the Kubernetes cluster to join',
  required: true,
  default: null,
  defaultFrom: 'machine.target_cluster',
  oneOf: [],
};

const TARGET = { clusterId: '{{cluster_id}}', kubeconfigSecretRef: '' };

/** repave-join: netboot, image, join a cluster, verify. */
const REPAVE_JOIN = builtIn(
  'repave-join',
  'Repave and join',
  'Sets the netboot profile, reboots into it, writes a fresh image, joins the cluster and verifies the node.',
  [
    param('image_ref', 'the operating system image to write', 'ubuntu:22.04-k8s'),
    param('cloud_init_ref', 'the cloud-init configuration of the first boot', 'cloud-init/worker-node'),
    CLUSTER,
  ],
  [
    step('set-netboot', { kind: 'netboot', profile: 'pxe-ubuntu-22.04' }, 60, 2),
    step('reboot-to-netboot', { kind: 'reboot', force: false }, 300, 1),
    step('repave-image', { kind: 'repave', imageRef: '{{image_ref}}', cloudInitRef: '{{cloud_init_ref}}' }, 600, 1),
    step('join-cluster', { kind: 'join', targetCluster: TARGET }, 300, 2),
    step('verify-in-cluster', { kind: 'verify', targetCluster: TARGET }, 120, 3),
  ],
);

const RMA = builtIn(
  'rma',
  'RMA',
  'Drains the node, shuts the machine down and marks it as awaiting replacement.',
  [param('reason', 'what is wrong with the hardware', '')],
  [
    step('drain-workloads', { kind: 'drain' }, 120, 1),
    step('graceful-shutdown', { kind: 'power_off' }, 120, 1),
    step('mark-rma', { kind: 'rma', reason: '{{reason}}' }, 60, 1),
  ],
);

const REBOOT = builtIn(
  'reboot',
  'Reboot',
  'Restarts the machine; what is installed stays.',
  [],
  [step('reboot', { kind: 'reboot', force: false }, 300, 1)],
);

const UPGRADE = builtIn(
  'upgrade',
  'Upgrade Kubernetes',
  'Cordons and drains the node, upgrades the kubelet, and takes the node back into service.',
  [param('version', 'the Kubernetes version to upgrade to', '1.31'), CLUSTER],
  [
    step('cordon-node', script('cordon-node'), 60, 2),
    step('drain-node', { kind: 'drain' }, 600, 1),
    step('upgrade-kubelet', script('upgrade-kubelet', { version: '{{version}}' }), 300, 1),
    step('restart-kubelet', script('restart-kubelet'), 300, 1),
    step('uncordon-node', script('uncordon-node'), 60, 2),
    step('verify-upgrade', { kind: 'verify', targetCluster: TARGET }, 120, 3),
  ],
);

const NET_RECONFIG = builtIn(
  'net-reconfig',
  'Reconfigure the network',
  'Applies network settings and checks that the machine can be reached with them.',
  [
    param('address', 'the address with prefix length, such as 192.0.2.10/24', ''),
    param('gateway', 'the default gateway', ''),
    param('dns', 'name servers, separated by commas', ''),
    number('vlan', 'the VLAN id'),
    number('mtu', 'the MTU in bytes'),
  ],
  [
    step(
      'apply-network-config',
      {
        kind: 'net',
        params: {
          address: '{{address}}',
          gateway: '{{gateway}}',
          dns: '{{dns}}',
          vlan: '{{vlan}}',
          mtu: '{{mtu}}',
        },
      },
      120,
      2,
    ),
    step('verify-connectivity', script('verify-connectivity'), 60, 3),
  ],
);

/** The plans that every server has, in the order in which they are listed. */
export const BUILT_IN_PLANS: readonly Plan[] = [REPAVE_JOIN, RMA, REBOOT, UPGRADE, NET_RECONFIG];

function builtIn(
  name: string,
  displayName: string,
  description: string,
  params: readonly ParamSpec[],
  steps: readonly Step[],
): Plan {
  return {
    id: `plan/${name}`,
    version: 1,
    displayName,
    description,
    builtIn: true,
    createdAt: 0,
    createdBy: '',
    params,
    steps,
  };
}

function step(name: string, action: StepAction, timeoutSeconds: number, maxRetries: number): Step {
  return { name, action, timeoutSeconds, maxRetries, retry: DEFAULT_RETRY, ...PLAIN_STEP };
}

/** The built-in scripts may all run twice: each brings about a state and does nothing where it is there. */
function script(name: string, args: Readonly<Record<string, string>> = {}): StepAction {
  return { kind: 'ssh', scriptRef: `script/${name}`, args, restartable: true };
}

function param(name: string, help: string, standard: string): ParamSpec {
  return { name, type: 'string', help, required: false, default: standard, defaultFrom: null, oneOf: [] };
}

function number(name: string, help: string): ParamSpec {
  return { name, type: 'int', help, required: false, default: null, defaultFrom: null, oneOf: [] };
}
