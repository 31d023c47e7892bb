import fc from 'fast-check';
import type { StepKind } from '../../src/core/domain/plan.ts';
import { STEP_KINDS } from '../../src/core/domain/plan.ts';

/** A plan as its author would write it: the data of a YAML document. */
export interface Written {
  plan_id: string;
  params: Record<string, unknown>[];
  steps: Record<string, unknown>[];
}

/** The params of every random plan; each is used by one step at least. */
const PARAMS: Readonly<Record<string, object>> = {
  text: { help: 'any text', default_value: 'a' },
  count: { type: 'integer', default_value: 3 },
  fast: { type: 'boolean', default_value: true },
  choice: { default_value: 'b', allowed_values: ['a', 'b'] },
  cluster: { default_from: 'machine.target_cluster', required: true },
};

const names = Object.keys(PARAMS);
const text = fc.oneof(
  fc.constantFrom('script/x', 'pxe-ubuntu', 'no', '1.30', '007', 'true', 'a: b', '# c', '{ {', '*', "it's"),
  fc.constantFrom(...names).map((name) => `{{${name}}}`),
  fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)).map(([a, b]) => `{{ ${a} }} and {{${b}}}`),
);
const cluster = fc.option(fc.record({ cluster_id: fc.constantFrom('prod-a', '{{cluster}}', '') }), { nil: undefined });

const ACTIONS: Readonly<Record<StepKind, fc.Arbitrary<object>>> = {
  ssh: fc.record(
    {
      script_ref: text,
      args: fc.dictionary(fc.constantFrom('a', 'b.c', 'd e', '0'), text, { maxKeys: 3 }),
      restartable: fc.boolean(),
    },
    { requiredKeys: ['script_ref'] },
  ),
  reboot: fc.record({ force: fc.boolean() }, { requiredKeys: [] }),
  netboot: fc.record({ profile: text }),
  repave: fc.record({ image_ref: text, cloud_init_ref: text }, { requiredKeys: ['image_ref'] }),
  join: cluster.map((target) => (target === undefined ? {} : { target_cluster: target })),
  verify: cluster.map((target) => (target === undefined ? {} : { target_cluster: target })),
  net: fc.record({ params: fc.dictionary(fc.constantFrom('mtu', 'vlan'), text, { maxKeys: 2 }) }),
  rma: fc.record({ reason: text }, { requiredKeys: [] }),
  drain: fc.constant({}),
  power_off: fc.constant({}),
};

const kinds = Object.keys(STEP_KINDS) as readonly StepKind[];

const step = fc.constantFrom(...kinds).chain((kind) => {
  const manners = STEP_KINDS[kind].settlesPhase
    ? fc.constant({})
    : fc.record({ on_failure: fc.constantFrom('stop', 'continue'), always: fc.boolean() }, { requiredKeys: [] });
  const rest = fc.record(
    {
      timeout_seconds: fc.integer({ min: 1, max: 86_400 }),
      max_retries: fc.integer({ min: 0, max: 3 }),
      retry: fc.record(
        {
          initial: fc.constantFrom('0s', '500ms', '2s'),
          multiplier: fc.constantFrom(1, 1.5, 10),
          cap: fc.constant('1m'),
        },
        { requiredKeys: [] },
      ),
      hold: fc.record({ prompt: fc.constantFrom('Now?', 'Is the rack free?') }),
    },
    { requiredKeys: [] },
  );
  return fc.tuple(ACTIONS[kind], manners, rest).map(([action, how, more]) => ({ [kind]: action, ...how, ...more }));
});

/** Plans that are good, with whatever a plan may have. */
export const goodPlans: fc.Arbitrary<Written> = fc.array(step, { minLength: 1, maxLength: 6 }).map((steps) => {
  const named = steps.map((one, index): Record<string, unknown> => ({ name: `step-${index}`, ...one }));
  const used = names.filter((name) => JSON.stringify(named).includes(name));
  const isUsed = (name: string) => new RegExp(`\\{\\{\\s*${name}\\s*\\}\\}`).test(JSON.stringify(named));
  return {
    plan_id: 'random',
    params: used.filter(isUsed).map((name) => ({ name, ...PARAMS[name] })),
    steps: named,
  };
});

/** Something wrong with one step, and the field that has to be told. */
interface Spoiling {
  readonly field: string;
  /** What takes the place of what was there; null takes away what the step does. */
  readonly with_: Readonly<Record<string, unknown>> | null;
}

const SPOILINGS: readonly Spoiling[] = [
  { field: '.name', with_: { name: 'Not a name' } },
  { field: '.timeout_seconds', with_: { timeout_seconds: 0 } },
  { field: '.timeout_seconds', with_: { timeout_seconds: 'soon' } },
  { field: '.max_retries', with_: { max_retries: 21 } },
  { field: '.retry.cap', with_: { retry: { cap: '25h' } } },
  { field: '.retry.initial', with_: { retry: { initial: 'at once' } } },
  { field: '.on_failure', with_: { on_failure: 'ignore' } },
  { field: '.always', with_: { always: 'maybe' } },
  { field: '.hold.prompt', with_: { hold: { prompt: '' } } },
  { field: '.hold', with_: { hold: 'now' } },
  { field: '.polish', with_: { polish: {} } },
  { field: '', with_: null },
];

function spoiled(step: Record<string, unknown>, { with_ }: Spoiling): Record<string, unknown> {
  if (with_ !== null) return { ...step, ...with_ };
  return Object.fromEntries(Object.entries(step).filter(([key]) => !kinds.some((kind) => kind === key)));
}

/** A plan with some things wrong, and every field that has to be told of. */
export interface Spoiled {
  readonly written: Written;
  readonly fields: readonly string[];
}

/** Good plans of which some steps were spoiled, and perhaps their name and a param. */
export const badPlans: fc.Arbitrary<Spoiled> = fc
  .tuple(
    goodPlans,
    fc.uniqueArray(fc.tuple(fc.nat(5), fc.nat(SPOILINGS.length - 1)), {
      minLength: 1,
      maxLength: 6,
      selector: ([index]) => index,
    }),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([good, chosen, badName, badParam]) => {
    const written = structuredClone(good);
    const fields: string[] = [];
    if (badName) {
      written.plan_id = 'Not an id';
      fields.push('plan_id');
    }
    const [param] = written.params;
    if (badParam && param !== undefined) {
      param.type = 'number';
      fields.push('params[0].type');
    }
    for (const [at, which] of chosen) {
      const index = at % written.steps.length;
      const one = written.steps[index];
      const spoiling = SPOILINGS[which];
      if (one === undefined || spoiling === undefined || fields.some((field) => field.startsWith(`steps[${index}]`)))
        continue;
      written.steps[index] = spoiled(one, spoiling);
      fields.push(`steps[${index}]${spoiling.field}`);
    }
    return { written, fields };
  });
