import type { Step, StepAction } from '../../src/core/domain/plan.ts';
import { PLAIN_STEP } from '../../src/core/domain/plan.ts';
import { DEFAULT_RETRY } from '../../src/core/domain/retry.ts';

/** A step that does this. */
function aStep(name: string, action: StepAction): Step {
  return { name, action, timeoutSeconds: 300, maxRetries: 1, retry: DEFAULT_RETRY, ...PLAIN_STEP };
}

const east = { clusterId: 'east', kubeconfigSecretRef: '' };

/** One step of each kind. */
export const STEPS: readonly Step[] = [
  aStep('set-netboot', { kind: 'netboot', profile: 'pxe-ubuntu-22.04' }),
  aStep('reboot', { kind: 'reboot', force: false }),
  aStep('image', { kind: 'repave', imageRef: 'ubuntu:22.04-k8s', cloudInitRef: 'cloud-init/worker-node' }),
  aStep('join', { kind: 'join', targetCluster: east }),
  aStep('verify', { kind: 'verify', targetCluster: east }),
  aStep('drain', { kind: 'drain' }),
  aStep('script', { kind: 'ssh', scriptRef: 'script/inspect', args: { depth: '3' }, restartable: false }),
  aStep('net', { kind: 'net', params: { mtu: '9000', vlan: '12' } }),
  aStep('mark-rma', { kind: 'rma', reason: 'two DIMMs\nare dead' }),
  aStep('power-off', { kind: 'power_off' }),
];
