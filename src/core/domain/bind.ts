import { textFault } from './limits.ts';
import type { Machine, TargetCluster } from './machine.ts';
import type { ParamSpec, Plan, Step, StepAction } from './plan.ts';
import type { FieldViolation } from './refusal.ts';
import { kubeconfigRefFault } from './secret-ref.ts';
import { stepTexts } from './step-texts.ts';

/** The longest question that a person is asked before a step, in characters. */
export const PROMPT_LENGTH = 256;

/** A plan with every `{{param}}` filled in, and the values that filled it. */
export interface BoundPlan {
  readonly plan: Plan;
  readonly params: Readonly<Record<string, string>>;
}

/** Fills a plan's params for a machine; violations name `params.NAME`, all at once. */
export function bindPlan(
  plan: Plan,
  sent: Readonly<Record<string, string>>,
  machine: Machine,
): BoundPlan | readonly FieldViolation[] {
  const violations: FieldViolation[] = [];
  const params: Record<string, string> = {};
  for (const name of Object.keys(sent)) {
    if (plan.params.some((spec) => spec.name === name)) continue;
    const known = plan.params.map((spec) => spec.name).join(', ') || 'none';
    violations.push({ field: `params.${name}`, description: `${plan.id} does not take it; it takes: ${known}` });
  }
  for (const spec of plan.params) {
    const given = Object.hasOwn(sent, spec.name) ? sent[spec.name] : undefined;
    const value = given ?? defaultOf(spec, machine);
    const fault = value === null ? missing(spec) : paramFault(spec, value);
    if (fault !== null) violations.push({ field: `params.${spec.name}`, description: fault });
    else if (value !== null) params[spec.name] = value;
  }
  const steps = plan.steps.map((step) => bindStep(step, params, machine));
  if (violations.length === 0)
    violations.push(...steps.flatMap((step, at) => stepFaults(step, plan.steps[at] ?? step)));
  return violations.length > 0 ? violations : { plan: { ...plan, steps }, params };
}

/** What a step cannot be carried out with, now that its params are filled in; `written` is the step as its author wrote it. */
function stepFaults(step: Step, written: Step): readonly FieldViolation[] {
  const faults: FieldViolation[] = [];
  const templates = new Map(stepTexts(written.action).map(({ path, text }) => [path, text]));
  for (const { path, text, required } of stepTexts(step.action)) {
    const [param] = placeholdersOf(templates.get(path) ?? '');
    if (param === undefined) continue;
    const field = `params.${param}`;
    if (required && text.trim() === '') faults.push({ field, description: `leaves ${step.name} without its ${path}` });
    const secret = path.endsWith('.kubeconfig_secret_ref') ? kubeconfigRefFault(text) : null;
    if (secret !== null) faults.push({ field, description: secret });
  }
  const [asked] = placeholdersOf(written.hold ?? '');
  const prompt = asked === undefined ? null : textFault(step.hold ?? '', PROMPT_LENGTH);
  if (prompt !== null)
    faults.push({ field: `params.${asked}`, description: `the question before ${step.name} ${prompt}` });
  if (clusterOf(step.action)?.clusterId === '') {
    const description = `${step.name} needs a cluster, and the machine has no target cluster`;
    faults.push({ field: 'machine_id', description });
  }
  return faults;
}

function defaultOf(spec: ParamSpec, machine: Machine): string | null {
  if (spec.defaultFrom === 'machine.target_cluster' && machine.spec.targetCluster !== null) {
    return machine.spec.targetCluster.clusterId;
  }
  return spec.default;
}

function missing(spec: ParamSpec): string | null {
  if (!spec.required) return null;
  return spec.defaultFrom === 'machine.target_cluster'
    ? 'required, because the machine has no target cluster'
    : `required: ${spec.help}`;
}

/** What is wrong with a value for a param, or null. */
export function paramFault(spec: ParamSpec, value: string): string | null {
  if (spec.required && value === '') return `required: ${spec.help}`;
  if (spec.oneOf.length > 0 && !spec.oneOf.includes(value)) return `must be one of ${spec.oneOf.join(', ')}`;
  switch (spec.type) {
    case 'string':
      return null;
    case 'int':
      return /^-?\d{1,15}$/.test(value) ? null : 'must be a whole number';
    case 'bool':
      return value === 'true' || value === 'false' ? null : 'must be true or false';
  }
}

/** Where a step's text takes the value of a param: `{{name}}`. */
export const PLACEHOLDER = /\{\{\s*([a-z0-9_]+)\s*\}\}/g;

/** The names of the params that a text takes, in their order. */
export function placeholdersOf(text: string): readonly string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
}

type Fill = (text: string) => string;

function bindStep(step: Step, params: Readonly<Record<string, string>>, machine: Machine): Step {
  const filled = (name: string) => (Object.hasOwn(params, name) ? (params[name] ?? '') : '');
  const fill: Fill = (text) => text.replace(PLACEHOLDER, (_, name: string) => filled(name));
  return { ...step, action: bindAction(step.action, fill, machine), hold: step.hold === null ? null : fill(step.hold) };
}

function bindAction(action: StepAction, fill: Fill, machine: Machine): StepAction {
  switch (action.kind) {
    case 'ssh':
      return { ...action, scriptRef: fill(action.scriptRef), args: fillMap(action.args, fill) };
    case 'netboot':
      return { ...action, profile: fill(action.profile) };
    case 'repave':
      return { ...action, imageRef: fill(action.imageRef), cloudInitRef: fill(action.cloudInitRef) };
    case 'join':
    case 'verify':
      return { ...action, targetCluster: bindCluster(action.targetCluster, fill, machine) };
    case 'net':
      return { ...action, params: fillMap(action.params, fill) };
    case 'rma':
      return { ...action, reason: fill(action.reason) };
    case 'reboot':
    case 'drain':
    case 'power_off':
      return action;
  }
}

/** Entries that come out empty are left out: a param that was not given configures nothing. */
function fillMap(map: Readonly<Record<string, string>>, fill: Fill): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(map)
      .map(([key, value]) => [key, fill(value)] as const)
      .filter(([, value]) => value !== ''),
  );
}

/** The cluster that a step is about, null where it is about none. */
function clusterOf(action: StepAction): TargetCluster | null {
  return action.kind === 'join' || action.kind === 'verify' ? action.targetCluster : null;
}

/**
 * A step that names no cluster means the machine's own; the machine's credentials reference goes along where the cluster is
 * the machine's own.
 */
function bindCluster(cluster: TargetCluster, fill: Fill, machine: Machine): TargetCluster {
  const own = machine.spec.targetCluster;
  const clusterId = fill(cluster.clusterId) || (own?.clusterId ?? '');
  const inherited = own !== null && own.clusterId === clusterId ? own.kubeconfigSecretRef : '';
  return { clusterId, kubeconfigSecretRef: fill(cluster.kubeconfigSecretRef) || inherited };
}
