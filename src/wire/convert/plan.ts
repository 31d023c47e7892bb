import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import type { ParamSpec, Plan, Step, StepAction } from '../../core/domain/plan.ts';
import { DEFAULT_PLANS, RUN_TYPES } from '../../core/domain/run-type.ts';
import type { Plan as PlanMessage, StepSchema } from '../gen/baremetal/v1/plan_pb.ts';
import { PlanParam_Type, PlanSchema, Step_OnFailure } from '../gen/baremetal/v1/plan_pb.ts';
import { timestampOf } from './time.ts';

/** A plan as clients see it. Built-in plans were never created, so they have no time. */
export function planToWire(plan: Plan): PlanMessage {
  return create(PlanSchema, {
    planId: plan.id,
    displayName: plan.displayName,
    steps: plan.steps.map(stepToWire),
    description: plan.description,
    builtIn: plan.builtIn,
    createdAt: timestampOf(plan.builtIn ? null : plan.createdAt),
    version: plan.version,
    createdBy: plan.createdBy,
    params: plan.params.map(paramToWire),
    defaultForType: RUN_TYPES.find((type) => DEFAULT_PLANS[type] === plan.id) ?? '',
  });
}

const ON_FAILURE: Readonly<Record<Step['onFailure'], Step_OnFailure>> = {
  stop: Step_OnFailure.STOP,
  continue: Step_OnFailure.CONTINUE,
};

type StepInit = Exclude<MessageInitShape<typeof StepSchema>, { readonly $typeName: string }>;

function stepToWire(step: Step): StepInit {
  return {
    name: step.name,
    kind: actionToWire(step.action),
    timeoutSeconds: step.timeoutSeconds,
    maxRetries: step.maxRetries,
    retry: {
      initial: durationFromMs(step.retry.initialMs),
      multiplier: step.retry.multiplier,
      cap: durationFromMs(step.retry.capMs),
      jitter: step.retry.jitter,
    },
    onFailure: ON_FAILURE[step.onFailure],
    always: step.always,
    hold: step.hold === null ? undefined : { prompt: step.hold },
  };
}

function actionToWire(action: StepAction): NonNullable<StepInit['kind']> {
  switch (action.kind) {
    case 'ssh':
      return {
        case: 'ssh',
        value: { scriptRef: action.scriptRef, args: { ...action.args }, restartable: action.restartable },
      };
    case 'reboot':
      return { case: 'reboot', value: { force: action.force } };
    case 'netboot':
      return { case: 'netboot', value: { profile: action.profile } };
    case 'repave':
      return { case: 'repave', value: { imageRef: action.imageRef, cloudInitRef: action.cloudInitRef } };
    case 'join':
      return { case: 'join', value: { targetCluster: { ...action.targetCluster } } };
    case 'verify':
      return { case: 'verify', value: { targetCluster: { ...action.targetCluster } } };
    case 'net':
      return { case: 'net', value: { params: { ...action.params } } };
    case 'rma':
      return { case: 'rma', value: { reason: action.reason } };
    case 'drain':
      return { case: 'drain', value: {} };
    case 'power_off':
      return { case: 'powerOff', value: {} };
  }
}

const PARAM_TYPES: Readonly<Record<ParamSpec['type'], PlanParam_Type>> = {
  string: PlanParam_Type.STRING,
  int: PlanParam_Type.INTEGER,
  bool: PlanParam_Type.BOOLEAN,
};

function paramToWire(param: ParamSpec) {
  return {
    name: param.name,
    type: PARAM_TYPES[param.type],
    defaultValue: param.default ?? undefined,
    help: param.help,
    required: param.required,
    allowedValues: [...param.oneOf],
    defaultFrom: param.defaultFrom ?? '',
  };
}
