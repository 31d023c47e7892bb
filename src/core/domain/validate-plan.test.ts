import { describe, expect, it } from 'vitest';
import type { ParamSpec, Plan, Step, StepAction } from './plan.ts';
import { PLAIN_STEP } from './plan.ts';
import { BUILT_IN_PLANS } from './plans/built-in.ts';
import { DEFAULT_RETRY } from './retry.ts';
import { builtIn } from './testing.ts';
import { PLAN_LIMITS, planIdFault, planViolations } from './validate-plan.ts';

function aStep(with_: Partial<Step> = {}): Step {
  const action: StepAction = { kind: 'reboot', force: false };
  return { name: 'step-1', action, timeoutSeconds: 60, maxRetries: 1, retry: DEFAULT_RETRY, ...PLAIN_STEP, ...with_ };
}

function aParam(with_: Partial<ParamSpec> = {}): ParamSpec {
  return {
    name: 'level',
    type: 'string',
    help: 'how much',
    required: false,
    default: null,
    defaultFrom: null,
    oneOf: [],
    ...with_,
  };
}

function aPlan(with_: Partial<Plan> = {}): Plan {
  return { ...builtIn('reboot'), id: 'plan/own', builtIn: false, ...with_ };
}

/** A plan of one step of this kind. */
function doing(action: StepAction, ...params: readonly ParamSpec[]): Plan {
  return aPlan({ steps: [aStep({ action })], params });
}

/** What is wrong with a plan, as `path: what`. */
function faults(plan: Plan): readonly string[] {
  return planViolations(plan).map((one) => `${one.field}: ${one.description}`);
}

const SCRIPT = { kind: 'ssh', scriptRef: 'script/x', args: {}, restartable: false } as const;

describe('a plan', () => {
  it.each(BUILT_IN_PLANS)('$id is good', (plan) => {
    expect(planViolations(plan)).toEqual([]);
  });

  it('is good with as much as it may hold', () => {
    const many = Array.from({ length: 64 }, (_, index) => index);
    const plan = aPlan({
      id: `plan/${'a'.repeat(63)}`,
      params: many.map((index) => aParam({ name: `p${index}`, help: '' })),
      steps: many.map((index) =>
        aStep({
          name: `step-${index}`,
          timeoutSeconds: index === 0 ? 1 : 86_400,
          maxRetries: index === 0 ? 0 : 20,
          action: { ...SCRIPT, args: { arg: `{{p${index}}} {{ p0 }}` } },
        }),
      ),
    });
    expect(faults(plan)).toEqual([]);
  });

  it('may take a param in the question that a person is asked, and only one that it has', () => {
    const params = [aParam({ name: 'rack' })];
    expect(faults(aPlan({ params, steps: [aStep({ hold: 'Is {{rack}} free?' })] }))).toEqual([]);
    expect(faults(aPlan({ steps: [aStep({ hold: 'Is {{rack}} free, or {{ }}?' })] }))).toEqual([
      'steps[0].hold.prompt: {{rack}} is no param of this plan',
      'steps[0].hold.prompt: has braces that are no {{param}}',
    ]);
  });

  it('is told everything that is wrong with it at once', () => {
    const plan = aPlan({
      id: 'own plan',
      displayName: 'd'.repeat(129),
      description: '\u001b',
      params: [aParam({ name: 'Level', type: 'int', default: 'much' }), aParam({ name: 'unused' })],
      steps: [
        aStep({ name: 'a', timeoutSeconds: 0, maxRetries: 21 }),
        aStep({ name: 'a', retry: { ...DEFAULT_RETRY, multiplier: 0, capMs: 1 } }),
        aStep({ name: 'B_', action: { kind: 'netboot', profile: '' }, timeoutSeconds: 1.5, maxRetries: -1 }),
        aStep({ name: '', action: { ...SCRIPT, scriptRef: '{{script}}', args: { x: '{{x}} {{x}} {{y}}' } } }),
      ],
    });
    expect(faults(plan)).toEqual([
      'plan_id: must be plan/NAME',
      'display_name: is longer than 128 characters',
      'description: has a character at 1 that cannot be printed',
      'params[0].name: may hold a-z, 0-9 and "_" alone, and not begin with "_"',
      'params[0].default_value: must be a whole number',
      'steps[0].timeout_seconds: must be a whole number from 1 to 86400',
      'steps[0].max_retries: must be a whole number from 0 to 20',
      'steps[1].name: is the name of steps[0] already',
      'steps[1].retry.multiplier: must be between 1 and 10',
      'steps[1].retry.cap: must be at least initial and at most 24 h',
      'steps[2].name: may hold a-z, 0-9 and "-" alone',
      'steps[2].timeout_seconds: must be a whole number from 1 to 86400',
      'steps[2].max_retries: must be a whole number from 0 to 20',
      'steps[2].netboot.profile: is required',
      'steps[3].name: is required',
      'steps[3].ssh.script_ref: {{script}} is no param of this plan',
      'steps[3].ssh.args.x: {{x}} is no param of this plan',
      'steps[3].ssh.args.x: {{y}} is no param of this plan',
      'params[0]: no step uses {{Level}}',
      'params[1]: no step uses {{unused}}',
    ]);
  });
});

describe('the id of a plan', () => {
  it.each([
    ['plan/own-2', null],
    ['own', 'must be plan/NAME'],
    ['', 'must be plan/NAME'],
    ['plan/', 'is required'],
    ['plan/Own', 'may hold a-z, 0-9 and "-" alone'],
    ['plan/a/b', 'may hold a-z, 0-9 and "-" alone'],
    ['plan/own\n', 'may hold a-z, 0-9 and "-" alone'],
    [`plan/${'a'.repeat(64)}`, 'is longer than 63 characters'],
  ])('%j: %s', (id, fault) => {
    expect(planIdFault(id)).toBe(fault);
    expect(faults(aPlan({ id }))).toEqual(fault === null ? [] : [`plan_id: ${fault}`]);
  });
});

describe('the steps of a plan', () => {
  it('are at least one and at most 64', () => {
    expect(faults(aPlan({ steps: [] }))).toEqual(['steps: must have at least one step']);
    const many = Array.from({ length: PLAN_LIMITS.steps + 1 }, () => aStep({ name: '' }));
    expect(faults(aPlan({ steps: many }))).toEqual(['steps: has more than 64 steps']);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 86_401, -1])('take no timeout of %d s', (timeoutSeconds) => {
    expect(faults(aPlan({ steps: [aStep({ timeoutSeconds })] }))).toEqual([
      'steps[0].timeout_seconds: must be a whole number from 1 to 86400',
    ]);
  });

  it.each<[string, StepAction, readonly string[]]>([
    ['a script', { ...SCRIPT, scriptRef: ' ' }, ['steps[0].ssh.script_ref: is required']],
    ['an image', { kind: 'repave', imageRef: '', cloudInitRef: '' }, ['steps[0].repave.image_ref: is required']],
    ['a profile', { kind: 'netboot', profile: '' }, ['steps[0].netboot.profile: is required']],
    ["the machine's own cluster", { kind: 'join', targetCluster: { clusterId: '', kubeconfigSecretRef: '' } }, []],
    ['a reason', { kind: 'rma', reason: '' }, []],
    ['settings', { kind: 'net', params: {} }, []],
    ['a drain', { kind: 'drain' }, []],
    ['a power-off', { kind: 'power_off' }, []],
  ])('need what they need: %s', (_, action, told) => {
    expect(faults(doing(action))).toEqual(told);
  });

  const cluster = { clusterId: '', kubeconfigSecretRef: '' };
  it.each<[StepAction]>([
    [{ kind: 'repave', imageRef: 'i', cloudInitRef: '' }],
    [{ kind: 'join', targetCluster: cluster }],
    [{ kind: 'verify', targetCluster: cluster }],
    [{ kind: 'rma', reason: '' }],
  ])('on which the machine depends are neither passed over nor done after a failure: $kind', (action) => {
    expect(faults(aPlan({ steps: [aStep({ action, onFailure: 'continue', always: true })] }))).toEqual([
      `steps[0].on_failure: cannot be continue for ${action.kind}: the machine's phase after the run stands on it`,
      `steps[0].always: cannot be true for ${action.kind}: in a run that has failed it would say what is not so`,
    ]);
  });

  it('of any other kind may be either, or both', () => {
    const kinds: readonly StepAction[] = [
      SCRIPT,
      { kind: 'reboot', force: true },
      { kind: 'netboot', profile: 'p' },
      { kind: 'net', params: {} },
      { kind: 'drain' },
      { kind: 'power_off' },
    ];
    const steps = kinds.map((action) =>
      aStep({ name: action.kind.replace('_', '-'), action, onFailure: 'continue', always: true }),
    );
    expect(faults(aPlan({ steps }))).toEqual([]);
  });

  it.each([
    ['Is the rack free?', []],
    ['', ['steps[0].hold.prompt: is required']],
    [' ', ['steps[0].hold.prompt: is required']],
    ['p'.repeat(257), ['steps[0].hold.prompt: is longer than 256 characters']],
    ['\u001b[2J', ['steps[0].hold.prompt: has a character at 1 that cannot be printed']],
  ])('ask a person something: %j', (hold, told) => {
    expect(faults(aPlan({ steps: [aStep({ hold })] }))).toEqual(told);
  });

  it('hold no secret', () => {
    const cluster = { clusterId: 'prod-a', kubeconfigSecretRef: 'admin:hunter2' };
    const told = faults(doing({ kind: 'verify', targetCluster: cluster }));
    expect(told).toEqual([
      expect.stringMatching(/^steps\[0\]\.verify\.target_cluster\.kubeconfig_secret_ref: must be env:NAME/),
    ]);
    expect(told.join()).not.toContain('hunter2');
    const param = { clusterId: 'prod-a', kubeconfigSecretRef: '{{level}}' };
    expect(faults(doing({ kind: 'verify', targetCluster: param }, aParam()))).toEqual([]);
  });

  it('hold texts within their bounds', () => {
    expect(faults(doing({ kind: 'rma', reason: 'r'.repeat(4_097) }))).toEqual([
      'steps[0].rma.reason: is longer than 4096 characters',
    ]);
    const args = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`a${index}`, '']));
    expect(faults(doing({ ...SCRIPT, args }))).toEqual(['steps[0].ssh: has more than 64 entries']);
  });
});

describe('params in steps', () => {
  it.each(['{{Level}}', '{{level', 'level}}', '{{ }}', '{{.Names}}', '{{level.x}}'])('"%s" is no param', (reason) => {
    expect(faults(doing({ kind: 'rma', reason: `{{level}} ${reason}` }, aParam()))).toEqual([
      'steps[0].rma.reason: has braces that are no {{param}}',
    ]);
  });

  it('single braces are nothing', () => {
    expect(faults(doing({ kind: 'rma', reason: '{level} }{ {{{level}}}' }, aParam()))).toEqual([]);
  });

  it.each<[string, Partial<ParamSpec>, readonly string[]]>([
    ['a name twice', { name: 'level' }, ['params[1].name: is the name of params[0] already']],
    ['an empty name', { name: '' }, ['params[1].name: is required', 'params[1]: no step uses {{}}']],
    [
      'the name of what objects have',
      { name: '__proto__' },
      ['params[1].name: may hold a-z, 0-9 and "_" alone, and not begin with "_"'],
    ],
    ['a bad default', { type: 'bool', default: 'yes' }, ['params[1].default_value: must be true or false']],
    ['a default that is no choice', { oneOf: ['a'], default: 'b' }, ['params[1].default_value: must be one of a']],
    [
      'a choice that is not of its type',
      { type: 'int', oneOf: ['1', 'two'] },
      ['params[1].allowed_values[1]: must be a whole number'],
    ],
    [
      'a number from the machine',
      { type: 'int', defaultFrom: 'machine.target_cluster' },
      ['params[1].default_from: gives a text, so the param must be of type string'],
    ],
    ['a help that does something', { help: '\u0007' }, ['params[1].help: has a character at 1 that cannot be printed']],
    [
      'an empty default of a required one',
      { required: true, default: '' },
      ['params[1].default_value: required: how much'],
    ],
  ])('declared with %s', (_, param, told) => {
    const other = aParam({ name: 'other', ...param });
    const reason = `{{level}} {{${other.name || 'level'}}}`;
    expect(faults(doing({ kind: 'rma', reason }, aParam(), other))).toEqual(told);
  });

  it('are at most 64, with at most 64 choices each', () => {
    const many = Array.from({ length: 65 }, (_, index) => `${index}`);
    const oneOf = doing({ kind: 'rma', reason: '{{level}}' }, aParam({ oneOf: many }));
    expect(faults(oneOf)).toEqual(['params[0].allowed_values: has more than 64 values']);
    const params = many.map((name) => aParam({ name }));
    const reason = many.map((name) => `{{${name}}}`).join('');
    expect(faults(doing({ kind: 'rma', reason }, ...params))).toEqual(['params: has more than 64 params']);
  });
});
