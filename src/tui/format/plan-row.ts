import type { Plan, PlanParam, Step } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import { Step_OnFailure } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import type { ListColumn } from './list-columns.ts';
import { printable } from './printable.ts';
import type { Segment } from './segment.ts';
import { planName } from './words.ts';

/** The columns of the list of plans. */
export type PlanColumn = 'plan' | 'type' | 'version' | 'params' | 'steps';

/** The columns of the list of plans. @param plan cells of the longest name */
export function planColumnsOf(plan: number): readonly ListColumn<PlanColumn>[] {
  return [
    { key: 'plan', title: 'PLAN', width: plan },
    { key: 'type', title: 'TYPE', width: 12, leaves: 2 },
    { key: 'version', title: 'VERSION', width: 8, align: 'right', leaves: 1 },
    { key: 'params', title: 'PARAMS', width: 24, leaves: 3 },
    { key: 'steps', title: 'STEPS', width: 16, flexible: true },
  ];
}

/** What a row of the list of plans says. */
export function planCells(plan: Plan, glyphs: Glyphs): Readonly<Record<PlanColumn, Segment>> {
  const params = plan.params.map(({ name }) => name).join(', ');
  return {
    plan: { text: planName(plan.planId) },
    type: { text: plan.defaultForType || glyphs.nothing, tone: 'muted' },
    version: { text: plan.builtIn ? 'built-in' : plan.version === 0 ? '' : String(plan.version), tone: 'muted' },
    params: { text: params || glyphs.nothing, tone: 'muted' },
    steps: { text: plan.steps.map(({ name }) => name).join(', ') },
  };
}

/** All that can be read of a plan in the list and below it, for free text. */
export function planText({ planId, displayName, description, defaultForType, params, steps }: Plan): string {
  const named = [...params.map(({ name }) => name), ...steps.flatMap((step) => [step.name, doesText(step)])];
  return printable([planId, displayName, description, defaultForType, ...named].join(' '));
}

/** What a step does, as its field in Step is called, and the value that tells it from others of its kind. */
export function doesText({ kind }: Step): string {
  switch (kind.case) {
    case 'ssh':
      return `ssh ${kind.value.scriptRef}`;
    case 'netboot':
      return `netboot ${kind.value.profile}`;
    case 'repave':
      return `repave ${kind.value.imageRef}`;
    case 'powerOff':
      return 'power_off';
    case undefined:
      return '–';
    default:
      return kind.case;
  }
}

/** A step without a timeout of its own has this one, in seconds. */
const DEFAULT_TIMEOUT_S = 300;

/** How long one attempt of a step may take, in seconds. */
export function timeoutSecondsOf({ timeoutSeconds }: Step): number {
  return timeoutSeconds || DEFAULT_TIMEOUT_S;
}

/** How a step fits into its run, where that is not as usual. */
export function mannersText({ onFailure, always, hold }: Step): string {
  return [
    ...(onFailure === Step_OnFailure.CONTINUE ? ['goes on if it fails'] : []),
    ...(always ? ['always done'] : []),
    ...(hold === undefined ? [] : [`asks first: ${printable(hold.prompt)}`]),
  ].join('; ');
}

/** What a param is if nobody gives it a value. */
export function defaultText({ defaultValue, defaultFrom, required }: PlanParam): string {
  if (defaultFrom !== '') return `(${defaultFrom})`;
  if (defaultValue !== undefined && defaultValue !== '') return defaultValue;
  return required ? '(required)' : '–';
}
