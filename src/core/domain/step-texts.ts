import type { StepAction } from './plan.ts';

/** A text of a step in which `{{param}}` may stand, and where the contract has it. */
export interface StepText {
  /** Below the step, such as `repave.image_ref`. */
  readonly path: string;
  readonly text: string;
  /** The step is nothing without it. */
  readonly required: boolean;
  /** The name that its author gave it, among others of their kind; null where the contract names it. */
  readonly key: string | null;
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
  return { path, text, required: true, key: null };
}

function free(path: string, text: string): StepText {
  return { path, text, required: false, key: null };
}

function entries(path: string, map: Readonly<Record<string, string>>): readonly StepText[] {
  return Object.entries(map).map(([key, text]) => ({ path: `${path}.${key}`, text, required: false, key }));
}
