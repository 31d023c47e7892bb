import type { Duration } from '@bufbuild/protobuf/wkt';
import type { TargetCluster } from '../../core/domain/machine.ts';
import type { ParamSpec, Step, StepAction } from '../../core/domain/plan.ts';
import { DEFAULT_TIMEOUT_SECONDS, NO_ACTION } from '../../core/domain/plan.ts';
import type { PlanDeclaration } from '../../core/domain/plan-aggregate.ts';
import type { FieldViolation } from '../../core/domain/refusal.ts';
import type { RetryPolicy } from '../../core/domain/retry.ts';
import { DEFAULT_RETRY } from '../../core/domain/retry.ts';
import { normalPlanId } from '../../core/domain/run-type.ts';
import type { TargetClusterRef } from '../gen/baremetal/v1/machine_pb.ts';
import type {
  PlanParam as ParamMessage,
  Plan as PlanMessage,
  RetryPolicy as RetryMessage,
  Step as StepMessage,
} from '../gen/baremetal/v1/plan_pb.ts';
import { PlanParam_Type, Step_OnFailure } from '../gen/baremetal/v1/plan_pb.ts';

/** A plan as it was sent, and what of it could not be read; where something could not, it has a harmless value. */
export interface PlanFromWire {
  readonly declared: PlanDeclaration;
  readonly violations: readonly FieldViolation[];
}

/** Reads a plan as a client sends it. Output fields are ignored; whether the plan is a good one is for the domain to say. */
export function planFromWire(message: PlanMessage): PlanFromWire {
  const violations: FieldViolation[] = [];
  const declared: PlanDeclaration = {
    id: normalPlanId(message.planId),
    displayName: message.displayName,
    description: message.description,
    params: message.params.map((param, index) => paramFrom(param, noteIn(violations, `params[${index}]`))),
    steps: message.steps.map((step, index) => stepFrom(step, noteIn(violations, `steps[${index}]`))),
  };
  return { declared, violations };
}

/** Says what is wrong with a field below some place; an empty field is the place itself. */
type Note = (field: string, description: string) => void;

function noteIn(violations: FieldViolation[], place: string): Note {
  return (field, description) => violations.push({ field: field === '' ? place : `${place}.${field}`, description });
}

function paramFrom(param: ParamMessage, note: Note): ParamSpec {
  return {
    name: param.name,
    type: typeFrom(param.type, note),
    help: param.help,
    required: param.required,
    default: param.defaultValue ?? null,
    defaultFrom: sourceFrom(param.defaultFrom, note),
    oneOf: param.allowedValues,
  };
}

function typeFrom(type: ParamMessage['type'], note: Note): ParamSpec['type'] {
  switch (type) {
    case PlanParam_Type.UNSPECIFIED:
    case PlanParam_Type.STRING:
      return 'string';
    case PlanParam_Type.INTEGER:
      return 'int';
    case PlanParam_Type.BOOLEAN:
      return 'bool';
    default:
      note('type', 'is no type that this server knows');
      return 'string';
  }
}

function sourceFrom(source: string, note: Note): ParamSpec['defaultFrom'] {
  if (source === '' || source === 'machine.target_cluster') return source || null;
  note('default_from', 'must be machine.target_cluster, or empty');
  return null;
}

function stepFrom(step: StepMessage, note: Note): Step {
  return {
    name: step.name,
    action: actionFrom(step, note),
    timeoutSeconds: step.timeoutSeconds === 0 ? DEFAULT_TIMEOUT_SECONDS : step.timeoutSeconds,
    maxRetries: step.maxRetries,
    retry: retryFrom(step.retry),
    onFailure: onFailureFrom(step.onFailure, note),
    always: step.always,
    hold: step.hold === undefined ? null : step.hold.prompt,
  };
}

function onFailureFrom(onFailure: StepMessage['onFailure'], note: Note): Step['onFailure'] {
  if (onFailure === Step_OnFailure.CONTINUE) return 'continue';
  if (onFailure !== Step_OnFailure.UNSPECIFIED && onFailure !== Step_OnFailure.STOP) {
    note('on_failure', 'must be ON_FAILURE_STOP or ON_FAILURE_CONTINUE');
  }
  return 'stop';
}

function retryFrom(retry: RetryMessage | undefined): RetryPolicy {
  return {
    initialMs: retry?.initial === undefined ? DEFAULT_RETRY.initialMs : millisOf(retry.initial),
    multiplier: retry?.multiplier || DEFAULT_RETRY.multiplier,
    capMs: retry?.cap === undefined ? DEFAULT_RETRY.capMs : millisOf(retry.cap),
    jitter: retry?.jitter ?? DEFAULT_RETRY.jitter,
  };
}

function millisOf({ seconds, nanos }: Duration): number {
  return Number(seconds) * 1_000 + nanos / 1e6;
}

function actionFrom({ kind }: StepMessage, note: Note): StepAction {
  switch (kind.case) {
    case 'ssh': {
      const { scriptRef, args, restartable } = kind.value;
      return { kind: 'ssh', scriptRef, args, restartable };
    }
    case 'reboot':
      return { kind: 'reboot', force: kind.value.force };
    case 'netboot':
      return { kind: 'netboot', profile: kind.value.profile };
    case 'repave':
      return { kind: 'repave', imageRef: kind.value.imageRef, cloudInitRef: kind.value.cloudInitRef };
    case 'join':
      return { kind: 'join', targetCluster: clusterFrom(kind.value.targetCluster) };
    case 'verify':
      return { kind: 'verify', targetCluster: clusterFrom(kind.value.targetCluster) };
    case 'net':
      return { kind: 'net', params: kind.value.params };
    case 'rma':
      return { kind: 'rma', reason: kind.value.reason };
    case 'drain':
      return { kind: 'drain' };
    case 'powerOff':
      return { kind: 'power_off' };
    case undefined:
      note('', NO_ACTION);
      return { kind: 'power_off' };
  }
}

function clusterFrom(cluster: TargetClusterRef | undefined): TargetCluster {
  return { clusterId: cluster?.clusterId ?? '', kubeconfigSecretRef: cluster?.kubeconfigSecretRef ?? '' };
}
