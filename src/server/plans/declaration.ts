import type { TargetCluster } from '../../core/domain/machine.ts';
import type { ParamSpec, Step, StepAction, StepKind } from '../../core/domain/plan.ts';
import { DEFAULT_TIMEOUT_SECONDS } from '../../core/domain/plan.ts';
import type { PlanDeclaration } from '../../core/domain/plan-aggregate.ts';
import { DEFAULT_RETRY } from '../../core/domain/retry.ts';
import { normalPlanId } from '../../core/domain/run-type.ts';
import type { WrittenParam, WrittenPlan, WrittenStep } from './schema.ts';
import { ACTION_KEYS } from './schema.ts';

/** The plan that was written, with what was left out. */
export function toDeclaration(plan: WrittenPlan): PlanDeclaration {
  return {
    id: normalPlanId(plan.plan_id ?? ''),
    displayName: plan.display_name ?? '',
    description: plan.description ?? '',
    params: (plan.params ?? []).map(toParam),
    steps: (plan.steps ?? []).map(toStep),
  };
}

/** What a step is said to do: as a rule one thing. */
export function actionKeysOf(step: WrittenStep): readonly StepKind[] {
  return ACTION_KEYS.filter((key) => step[key] !== undefined);
}

const TYPES = { string: 'string', integer: 'int', boolean: 'bool' } as const;

function toParam(param: WrittenParam): ParamSpec {
  return {
    name: param.name ?? '',
    type: TYPES[param.type ?? 'string'],
    help: param.help ?? '',
    required: param.required ?? false,
    default: param.default_value ?? null,
    defaultFrom: param.default_from ?? null,
    oneOf: (param.allowed_values ?? []).map((value) => value ?? ''),
  };
}

function toStep(step: WrittenStep): Step {
  const { retry } = step;
  return {
    name: step.name ?? '',
    action: toAction(step),
    timeoutSeconds: step.timeout_seconds ?? DEFAULT_TIMEOUT_SECONDS,
    maxRetries: step.max_retries ?? 0,
    retry: {
      initialMs: retry?.initial ?? DEFAULT_RETRY.initialMs,
      multiplier: retry?.multiplier ?? DEFAULT_RETRY.multiplier,
      capMs: retry?.cap ?? DEFAULT_RETRY.capMs,
      jitter: retry?.jitter ?? DEFAULT_RETRY.jitter,
    },
    onFailure: step.on_failure ?? 'stop',
    always: step.always ?? false,
    hold: step.hold === undefined ? null : (step.hold.prompt ?? ''),
  };
}

/** What a step does. One that does not say so is told of elsewhere, and has something harmless here. */
function toAction(step: WrittenStep): StepAction {
  const [kind = 'power_off'] = actionKeysOf(step);
  switch (kind) {
    case 'ssh':
      return {
        kind,
        scriptRef: step.ssh?.script_ref ?? '',
        args: step.ssh?.args ?? {},
        restartable: step.ssh?.restartable ?? false,
      };
    case 'reboot':
      return { kind, force: step.reboot?.force ?? false };
    case 'netboot':
      return { kind, profile: step.netboot?.profile ?? '' };
    case 'repave':
      return { kind, imageRef: step.repave?.image_ref ?? '', cloudInitRef: step.repave?.cloud_init_ref ?? '' };
    case 'join':
    case 'verify':
      return { kind, targetCluster: toCluster(step[kind]?.target_cluster) };
    case 'net':
      return { kind, params: step.net?.params ?? {} };
    case 'rma':
      return { kind, reason: step.rma?.reason ?? '' };
    case 'drain':
    case 'power_off':
      return { kind };
  }
}

function toCluster(cluster: NonNullable<WrittenStep['join']>['target_cluster']): TargetCluster {
  return { clusterId: cluster?.cluster_id ?? '', kubeconfigSecretRef: cluster?.kubeconfig_secret_ref ?? '' };
}
