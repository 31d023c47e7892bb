import type { StepAction } from './plan.ts';

/** A text of a step in which `{{param}}` may stand, and where the contract has it. */
export interface StepText {
  /** Below the step, such as `repave.image_ref`. */
  readonly path: string;
  readonly text: string;
  /** The step is nothing without it. */
  readonly required: boolean;
}

/** The texts of a step's action, in the order of the contract. */
export function stepTexts(action: StepAction): readonly StepText[] {
  switch (action.kind) {
    case 'ssh':
      return [needed('ssh.script_ref', action.scriptRef), ...entries('ssh.args', action.args)];
    case 'netboot':
      return [needed('netboot.profile', action.profile)];
    case 'repave':
      return [needed('repave.image_ref', action.imageRef), free('repave.cloud_init_ref', action.cloudInitRef)];
    case 'join':
    case 'verify':
      return [
        free(`${action.kind}.target_cluster.cluster_id`, action.targetCluster.clusterId),
        free(`${action.kind}.target_cluster.kubeconfig_secret_ref`, action.targetCluster.kubeconfigSecretRef),
      ];
    case 'net':
      return entries('net.params', action.params);
    case 'rma':
      return [free('rma.reason', action.reason)];
    case 'reboot':
    case 'drain':
    case 'power_off':
      return [];
  }
}

function needed(path: string, text: string): StepText {
  return { path, text, required: true };
}

function free(path: string, text: string): StepText {
  return { path, text, required: false };
}

function entries(path: string, map: Readonly<Record<string, string>>): readonly StepText[] {
  return Object.entries(map).map(([key, text]) => free(`${path}.${key}`, text));
}
