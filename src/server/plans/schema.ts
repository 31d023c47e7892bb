import { z } from 'zod';
import type { StepKind } from '../../core/domain/plan.ts';
import { DEFAULT_TIMEOUT_SECONDS, STEP_KINDS } from '../../core/domain/plan.ts';
import { PLAN_LIMITS } from '../../core/domain/validate-plan.ts';
import { list, map, number, oneWordOf, span, text, textMap, yes } from './schema-words.ts';

const targetCluster = map({
  cluster_id: text().describe("the cluster; empty: the machine's own"),
  kubeconfig_secret_ref: text().describe(
    'where its credentials are, such as env:NAME; never the credentials themselves',
  ),
});

/** What each kind of step can be told, under the key that says what a step does. */
const ACTIONS = {
  ssh: map({
    script_ref: text().describe('names the script'),
    args: textMap().describe('arguments by name; one that comes out empty is left out'),
    restartable: yes().describe('running it twice does what running it once does'),
  }).describe('runs a script on the machine'),
  reboot: map({ force: yes().describe('by power, without asking the operating system') }).describe(
    'restarts the machine',
  ),
  netboot: map({ profile: text().describe('names the profile') }).describe(
    'sets what the machine boots from the network',
  ),
  repave: map({
    image_ref: text().describe('names the image'),
    cloud_init_ref: text().describe('names the cloud-init data that goes with it'),
  }).describe('writes an operating system image to the disk, and destroys what is on it'),
  join: map({ target_cluster: targetCluster.optional() }).describe('joins a Kubernetes cluster'),
  verify: map({ target_cluster: targetCluster.optional() }).describe('waits for the node to be Ready in its cluster'),
  net: map({ params: textMap().describe('settings by name; one that comes out empty is left out') }).describe(
    'changes the network configuration',
  ),
  rma: map({ reason: text().describe('why, as the machine shows it') }).describe('marks the machine for replacement'),
  drain: map({}).describe('cordons the node and evicts its workloads'),
  power_off: map({}).describe('shuts the machine down'),
} satisfies Record<StepKind, z.ZodType>;

/** The keys that say what a step does, in the order in which they are told. */
export const ACTION_KEYS = Object.keys(STEP_KINDS) as readonly StepKind[];

const optionalActions = Object.fromEntries(
  Object.entries(ACTIONS).map(([key, schema]) => [key, schema.optional()]),
) as { readonly [Key in StepKind]: z.ZodOptional<(typeof ACTIONS)[Key]> };

const step = map({
  name: text().describe('a name of its own, of a-z, 0-9 and "-"'),
  ...optionalActions,
  timeout_seconds: number({ type: 'integer', minimum: 1, maximum: PLAN_LIMITS.timeoutSeconds }).describe(
    `how long one attempt may take; ${DEFAULT_TIMEOUT_SECONDS} if not given`,
  ),
  max_retries: number({ type: 'integer', minimum: 0, maximum: PLAN_LIMITS.retries }).describe(
    'how often it is tried again after its first attempt; 0 if not given',
  ),
  retry: map({
    initial: span().describe('the longest first wait; 1s if not given'),
    multiplier: number({ type: 'number', minimum: 1, maximum: 10 }).describe('by what the wait grows; 2 if not given'),
    cap: span().describe('no wait is longer; 30s if not given'),
    jitter: yes().describe('each wait is random between nothing and its length; true if not given'),
  })
    .describe('how long it waits between attempts')
    .optional(),
  on_failure: oneWordOf(['stop', 'continue']).describe(
    'what becomes of the run when it is out of attempts; stop if not given',
  ),
  always: yes().describe('it is carried out although a step before it has failed the run'),
  hold: map({ prompt: text().describe('what the person is asked') })
    .meta({ required: ['prompt'] })
    .describe('it waits for `bmdemo approve` before it begins')
    .optional(),
}).meta({ id: 'Step', required: ['name'], oneOf: ACTION_KEYS.map((key) => ({ required: [key] })) });

const param = map({
  name: text().describe('a name of its own, of a-z, 0-9 and "_"; `{{name}}` in a text of a step stands for its value'),
  type: oneWordOf(['string', 'integer', 'boolean']).describe('what values are allowed; string if not given'),
  help: text().describe('what it is for, in a sentence'),
  required: yes().describe('a run without a value, given or default, is refused'),
  default_value: text().describe('the value if none is given'),
  default_from: oneWordOf(['machine.target_cluster']).describe('where a value that is not given comes from first'),
  allowed_values: list(text()).describe('the only values allowed'),
}).meta({ id: 'Param', required: ['name'] });

/** A plan as its author writes it. It says what can be read at all; what makes a good plan is for the domain to say. */
export const PLAN_SCHEMA = map({
  plan_id: text().describe('its name, of a-z, 0-9 and "-"; `plan/` may stand before it'),
  display_name: text().describe('its name for people'),
  description: text().describe('what it is for, in a sentence or two'),
  params: list(param).describe('the values that it takes from whoever starts it'),
  steps: list(step).describe('what is done, in this order'),
}).meta({ required: ['plan_id', 'steps'] });

/** A plan that can be read. */
export type WrittenPlan = z.output<typeof PLAN_SCHEMA>;
/** A step that can be read. */
export type WrittenStep = NonNullable<WrittenPlan['steps']>[number];
/** A param that can be read. */
export type WrittenParam = NonNullable<WrittenPlan['params']>[number];

/** The JSON schema of a plan's file, for editors; the server says more. */
export function planJsonSchema(): object {
  return { ...z.toJSONSchema(PLAN_SCHEMA, { io: 'input' }), title: 'A plan for bmdemo (`bmdemo serve --plans DIR`)' };
}
