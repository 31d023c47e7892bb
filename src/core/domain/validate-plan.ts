import { PLACEHOLDER, PROMPT_LENGTH, placeholdersOf } from './bind.ts';
import { LIMITS, linesFault, textFault } from './limits.ts';
import type { Step } from './plan.ts';
import { STEP_KINDS } from './plan.ts';
import type { PlanDeclaration } from './plan-aggregate.ts';
import type { FieldViolation } from './refusal.ts';
import { retryPolicyViolations } from './retry.ts';
import { kubeconfigRefFault } from './secret-ref.ts';
import { stepTexts } from './step-texts.ts';
import { paramSpecViolations } from './validate-params.ts';

/** How much a plan may hold; lengths in characters, times in seconds. */
export const PLAN_LIMITS = {
  name: 63,
  displayName: 128,
  description: 1_024,
  steps: 64,
  timeoutSeconds: 86_400,
  retries: 20,
  entries: 64,
  prompt: PROMPT_LENGTH,
} as const;

/**
 * Everything that is wrong with a plan, at once, each by its path, such as `steps[2].timeout_seconds`; nothing where it can be
 * run. Built-in plans, files of plans and CreatePlan are held to the same.
 */
export function planViolations(plan: PlanDeclaration): readonly FieldViolation[] {
  const found: FieldViolation[] = [];
  const note = (field: string, description: string | null) => {
    if (description !== null) found.push({ field, description });
  };
  note('plan_id', planIdFault(plan.id));
  note('display_name', textFault(plan.displayName, PLAN_LIMITS.displayName));
  note('description', linesFault(plan.description, PLAN_LIMITS.description));
  found.push(...paramSpecViolations(plan.params));
  note('steps', countFault(plan.steps.length));
  if (plan.steps.length > PLAN_LIMITS.steps) return found;
  const declared = new Set(plan.params.map((param) => param.name));
  const used = new Set<string>();
  for (const [index, step] of plan.steps.entries()) {
    const path = `steps[${index}]`;
    note(`${path}.name`, nameFault(step.name) ?? repeated(plan.steps, index));
    note(`${path}.timeout_seconds`, wholeFault(step.timeoutSeconds, 1, PLAN_LIMITS.timeoutSeconds));
    note(`${path}.max_retries`, wholeFault(step.maxRetries, 0, PLAN_LIMITS.retries));
    for (const { field, description } of retryPolicyViolations(step.retry)) note(`${path}.retry.${field}`, description);
    for (const { field, description } of mannerViolations(step)) note(`${path}.${field}`, description);
    for (const { field, description } of textViolations(step, declared, used)) note(`${path}.${field}`, description);
    for (const fault of placeholderFaults(step.hold ?? '', declared, used)) note(`${path}.hold.prompt`, fault);
  }
  for (const [index, param] of plan.params.entries()) {
    if (!used.has(param.name)) note(`params[${index}]`, `no step uses {{${param.name}}}`);
  }
  return found;
}

/** What is wrong with the id of a plan, or null. */
export function planIdFault(id: string): string | null {
  if (!id.startsWith('plan/')) return 'must be plan/NAME';
  return nameFault(id.slice('plan/'.length));
}

function nameFault(name: string): string | null {
  if (name === '') return 'is required';
  if (name.length > PLAN_LIMITS.name) return `is longer than ${PLAN_LIMITS.name} characters`;
  return /^[a-z0-9-]+$/.test(name) ? null : 'may hold a-z, 0-9 and "-" alone';
}

function repeated(steps: readonly Step[], index: number): string | null {
  const first = steps.findIndex((other) => other.name === steps[index]?.name);
  return first < index ? `is the name of steps[${first}] already` : null;
}

function countFault(count: number): string | null {
  if (count === 0) return 'must have at least one step';
  return count > PLAN_LIMITS.steps ? `has more than ${PLAN_LIMITS.steps} steps` : null;
}

function wholeFault(value: number, least: number, most: number): string | null {
  const good = Number.isInteger(value) && value >= least && value <= most;
  return good ? null : `must be a whole number from ${least} to ${most}`;
}

/** What a step must not be, and what a person must be asked. */
function mannerViolations({ action, onFailure, always, hold }: Step): readonly FieldViolation[] {
  const found: FieldViolation[] = [];
  const { settlesPhase } = STEP_KINDS[action.kind];
  if (settlesPhase && onFailure === 'continue') {
    const description = `cannot be continue for ${action.kind}: the machine's phase after the run stands on it`;
    found.push({ field: 'on_failure', description });
  }
  if (settlesPhase && always) {
    const description = `cannot be true for ${action.kind}: in a run that has failed it would say what is not so`;
    found.push({ field: 'always', description });
  }
  const fault = hold === null ? null : hold.trim() === '' ? 'is required' : textFault(hold, PLAN_LIMITS.prompt);
  if (fault !== null) found.push({ field: 'hold.prompt', description: fault });
  return found;
}

/** What is wrong with the params in a text; those that it takes are added to `used`. */
function placeholderFaults(text: string, declared: ReadonlySet<string>, used: Set<string>): readonly string[] {
  const names = new Set(placeholdersOf(text));
  for (const name of names) used.add(name);
  const unknown = [...names]
    .filter((name) => !declared.has(name))
    .map((name) => `{{${name}}} is no param of this plan`);
  const hasOthers = /\{\{|\}\}/.test(text.replace(PLACEHOLDER, ' '));
  return hasOthers ? [...unknown, 'has braces that are no {{param}}'] : unknown;
}

/** What is wrong with the texts of a step; the params that they use are added to `used`. */
function textViolations(step: Step, declared: ReadonlySet<string>, used: Set<string>): readonly FieldViolation[] {
  const texts = stepTexts(step.action);
  if (texts.length > PLAN_LIMITS.entries) {
    return [{ field: step.action.kind, description: `has more than ${PLAN_LIMITS.entries} entries` }];
  }
  const found: FieldViolation[] = [];
  for (const { path, text, required, key } of texts) {
    const note = (description: string | null) => {
      if (description !== null) found.push({ field: path, description });
    };
    const names = placeholdersOf(text);
    const keyFault = key === null ? null : key === '' ? 'is empty' : textFault(key, LIMITS.paramName);
    if (key !== null && keyFault !== null) {
      // Nothing of it is shown: it may do something to a terminal.
      found.push({ field: path.slice(0, -key.length - 1), description: `has a name that ${keyFault}` });
      continue;
    }
    for (const description of placeholderFaults(text, declared, used)) note(description);
    if (required && text.trim() === '') note('is required');
    note(linesFault(text, LIMITS.paramValue));
    if (path.endsWith('.kubeconfig_secret_ref') && names.length === 0) note(kubeconfigRefFault(text));
  }
  return found;
}
