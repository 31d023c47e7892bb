import { describe, expect, it } from 'vitest';
import { bindPlan, paramFault } from './bind.ts';
import type { Machine } from './machine.ts';
import type { ParamSpec, Plan, StepAction } from './plan.ts';
import { aMachine, aSpec, builtIn } from './testing.ts';

const CLUSTERLESS = aMachine({ spec: aSpec({ targetCluster: null }) });

function bound(plan: Plan, params: Record<string, string> = {}, machine: Machine = aMachine()) {
  const result = bindPlan(plan, params, machine);
  if (!('plan' in result)) throw new Error(result.map((one) => `${one.field}: ${one.description}`).join('; '));
  return result;
}

function actionsOf(plan: Plan): readonly StepAction[] {
  return plan.steps.map((step) => step.action);
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

function own(params: readonly ParamSpec[], ...actions: readonly StepAction[]): Plan {
  const [step] = builtIn('reboot').steps;
  if (step === undefined) throw new Error('plan/reboot has no step');
  const steps = actions.map((action, index) => ({ ...step, name: `step-${index}`, action }));
  return { ...builtIn('reboot'), id: 'plan/own', params, steps };
}

describe('binding a plan to a machine', () => {
  it('fills in the question that a person is asked, which stays one line of a bounded length', () => {
    const reboot: StepAction = { kind: 'reboot', force: false };
    const plan = own([aParam()], reboot);
    const asking = { ...plan, steps: plan.steps.map((step) => ({ ...step, hold: 'Is {{level}} free?' })) };
    expect(bound(asking, { level: 'rack r1' }).plan.steps[0]?.hold).toBe('Is rack r1 free?');
    for (const level of ['a\nb', 'a'.repeat(250)]) {
      expect(bindPlan(asking, { level }, aMachine())).toEqual([
        { field: 'params.level', description: expect.stringMatching(/^the question before step-0 /) },
      ]);
    }
  });

  it('refuses values that leave a step without what it needs, or put a secret where a reference belongs', () => {
    const join: StepAction = {
      kind: 'join',
      targetCluster: { clusterId: 'prod-a', kubeconfigSecretRef: '{{level}}' },
    };
    const plan = own([aParam()], { kind: 'repave', imageRef: ' {{level}}', cloudInitRef: '{{level}}' }, join);
    expect(bindPlan(plan, { level: '' }, aMachine())).toEqual([
      { field: 'params.level', description: 'leaves step-0 without its repave.image_ref' },
    ]);
    expect(bindPlan(plan, { level: 'apiVersion: v1' }, aMachine())).toEqual([
      { field: 'params.level', description: expect.stringContaining('must be env:NAME, file:PATH or a name') },
    ]);
    expect(bindPlan(builtIn('repave-join'), { image_ref: '' }, aMachine())).toEqual([
      { field: 'params.image_ref', description: 'leaves repave-image without its repave.image_ref' },
    ]);
  });

  it('fills in defaults and the cluster of the machine', () => {
    const { plan, params } = bound(builtIn('repave-join'));
    expect(params).toEqual({
      image_ref: 'ubuntu:22.04-k8s',
      cloud_init_ref: 'cloud-init/worker-node',
      cluster_id: 'prod-a',
    });
    const cluster = { clusterId: 'prod-a', kubeconfigSecretRef: 'prod-a-kubeconfig' };
    expect(actionsOf(plan)).toEqual([
      { kind: 'netboot', profile: 'pxe-ubuntu-22.04' },
      { kind: 'reboot', force: false },
      { kind: 'repave', imageRef: 'ubuntu:22.04-k8s', cloudInitRef: 'cloud-init/worker-node' },
      { kind: 'join', targetCluster: cluster },
      { kind: 'verify', targetCluster: cluster },
    ]);
  });

  it('takes what was sent before any default', () => {
    const { plan, params } = bound(builtIn('repave-join'), { image_ref: 'debian:13', cluster_id: 'prod-b' });
    expect(params).toMatchObject({ image_ref: 'debian:13', cluster_id: 'prod-b' });
    expect(actionsOf(plan)[2]).toMatchObject({ imageRef: 'debian:13' });
  });

  it("takes the machine's kubeconfig along only for the machine's own cluster", () => {
    const { plan } = bound(builtIn('repave-join'), { cluster_id: 'prod-b' });
    expect(actionsOf(plan)[3]).toEqual({
      kind: 'join',
      targetCluster: { clusterId: 'prod-b', kubeconfigSecretRef: '' },
    });
  });

  it("joins the machine's own cluster where the step names none", () => {
    const plan = own([], { kind: 'join', targetCluster: { clusterId: '', kubeconfigSecretRef: '' } });
    const cluster = { clusterId: 'prod-a', kubeconfigSecretRef: 'prod-a-kubeconfig' };
    expect(actionsOf(bound(plan).plan)).toEqual([{ kind: 'join', targetCluster: cluster }]);
    expect(bindPlan(plan, {}, CLUSTERLESS)).toEqual([
      { field: 'machine_id', description: 'step-0 needs a cluster, and the machine has no target cluster' },
    ]);
  });

  it('leaves settings out that were not given', () => {
    const { plan, params } = bound(builtIn('net-reconfig'), { vlan: '12' });
    expect(actionsOf(plan)[0]).toEqual({ kind: 'net', params: { vlan: '12' } });
    expect(params).toEqual({ address: '', gateway: '', dns: '', vlan: '12' });
  });

  it('fills scripts and reasons, and leaves the plan itself alone', () => {
    const plan = own(
      [aParam({ default: 'low' })],
      { kind: 'ssh', scriptRef: 'script/{{level}}', args: { at: '{{ level }}', on: 'x' }, restartable: false },
      { kind: 'rma', reason: 'because of {{level}}' },
    );
    const before = structuredClone(plan);
    expect(actionsOf(bound(plan, { level: 'high' }).plan)).toEqual([
      { kind: 'ssh', scriptRef: 'script/high', args: { at: 'high', on: 'x' }, restartable: false },
      { kind: 'rma', reason: 'because of high' },
    ]);
    expect(plan).toEqual(before);
  });

  it('does nothing cleverer: a value is never read as a placeholder', () => {
    const plan = own([aParam(), aParam({ name: 'other', default: 'x' })], {
      kind: 'rma',
      reason: '{{level}} {{other}}',
    });
    expect(actionsOf(bound(plan, { level: '{{other}} $1 $&' }).plan)).toEqual([
      { kind: 'rma', reason: '{{other}} $1 $& x' },
    ]);
  });

  it('fills a placeholder only with a param, never with what every object has', () => {
    const plan = own([aParam()], { kind: 'rma', reason: '[{{constructor}}]' });
    expect(actionsOf(bound(plan).plan)).toEqual([{ kind: 'rma', reason: '[]' }]);
  });
});

describe('params that do not fit', () => {
  it('are told all at once, with what the plan takes', () => {
    const plan = own([
      aParam({ name: 'image', required: true, help: 'the image' }),
      aParam({ name: 'mtu', type: 'int' }),
      aParam({ name: 'force', type: 'bool' }),
      aParam({ name: 'size', oneOf: ['s', 'm'] }),
    ]);
    expect(bindPlan(plan, { mtu: 'big', force: 'yes', size: 'xl', colour: 'red' }, aMachine())).toEqual([
      { field: 'params.colour', description: 'plan/own does not take it; it takes: image, mtu, force, size' },
      { field: 'params.image', description: 'required: the image' },
      { field: 'params.mtu', description: 'must be a whole number' },
      { field: 'params.force', description: 'must be true or false' },
      { field: 'params.size', description: 'must be one of s, m' },
    ]);
  });

  it('are told of a plan that takes none', () => {
    expect(bindPlan(builtIn('reboot'), { force: 'true' }, aMachine())).toEqual([
      { field: 'params.force', description: 'plan/reboot does not take it; it takes: none' },
    ]);
  });

  it('are told of a cluster that nobody names', () => {
    expect(bindPlan(builtIn('repave-join'), {}, CLUSTERLESS)).toEqual([
      { field: 'params.cluster_id', description: 'required, because the machine has no target cluster' },
    ]);
    expect(bound(builtIn('repave-join'), { cluster_id: 'prod-b' }, CLUSTERLESS).params.cluster_id).toBe('prod-b');
  });

  it('are told of an empty value for a required param', () => {
    expect(bindPlan(builtIn('repave-join'), { cluster_id: '' }, aMachine())).toEqual([
      { field: 'params.cluster_id', description: 'required: the Kubernetes cluster to join' },
    ]);
  });

  it('are not taken from what every object has', () => {
    const plan = own([aParam({ name: 'constructor', required: true })]);
    expect(bindPlan(plan, {}, aMachine())).toEqual([
      { field: 'params.constructor', description: 'required: how much' },
    ]);
  });

  it.each([
    ['int', '0', null],
    ['int', '-12', null],
    ['int', '123456789012345', null],
    ['int', '1234567890123456', 'must be a whole number'],
    ['int', '1.5', 'must be a whole number'],
    ['int', '', 'must be a whole number'],
    ['bool', 'true', null],
    ['bool', 'false', null],
    ['bool', 'TRUE', 'must be true or false'],
    ['string', '', null],
    ['string', 'anything', null],
  ] as const)('%s "%s": %s', (type, value, fault) => {
    expect(paramFault(aParam({ type }), value)).toBe(fault);
  });
});
