import { describe, expect, it } from 'vitest';
import type { StepAction } from '../../core/domain/plan.ts';
import { DEFAULT_RETRY } from '../../core/domain/retry.ts';
import { formatPlanProblem } from './read.ts';
import { LONGEST_PLAN, readPlanYaml } from './yaml.ts';

/** The plan of a document that is good. */
function planOf(text: string) {
  const read = readPlanYaml(text, 'p.yaml');
  if (read.kind === 'plan') return read.declared;
  throw new Error(read.problems.map(formatPlanProblem).join('\n'));
}

/** What is wrong with a document, a line each. */
function problemsOf(text: string): readonly string[] {
  const read = readPlanYaml(text, 'p.yaml');
  return read.kind === 'plan' ? [] : read.problems.map(formatPlanProblem);
}

/** A document with one step that does this. */
function doing(action: string): string {
  return `plan_id: own\nsteps:\n  - name: a\n    ${action}\n`;
}

describe('a plan in YAML', () => {
  it('is read with all that it may say', () => {
    const plan = planOf(`# a comment
plan_id: plan/own-2
display_name: Own
description: |
  One line.
  And another.
params:
  - {name: level, type: integer, help: how much, required: true, allowed_values: [1, 2]}
  - {name: fast, type: boolean, default_value: false}
  - {name: cluster, default_from: machine.target_cluster}
steps:
  - name: a
    ssh:
      script_ref: script/x
      args: {level: "{{level}}", fast: "{{fast}}", where: "{{cluster}}"}
      restartable: true
    timeout_seconds: 30
    max_retries: 3
    retry: {initial: 500ms, multiplier: 1.5, cap: 2m, jitter: false}
    on_failure: continue
    always: true
    hold: {prompt: "Now?"}
`);
    expect(plan).toEqual({
      id: 'plan/own-2',
      displayName: 'Own',
      description: 'One line.\nAnd another.\n',
      params: [
        {
          name: 'level',
          type: 'int',
          help: 'how much',
          required: true,
          default: null,
          defaultFrom: null,
          oneOf: ['1', '2'],
        },
        { name: 'fast', type: 'bool', help: '', required: false, default: 'false', defaultFrom: null, oneOf: [] },
        {
          name: 'cluster',
          type: 'string',
          help: '',
          required: false,
          default: null,
          defaultFrom: 'machine.target_cluster',
          oneOf: [],
        },
      ],
      steps: [
        {
          name: 'a',
          action: {
            kind: 'ssh',
            scriptRef: 'script/x',
            args: { level: '{{level}}', fast: '{{fast}}', where: '{{cluster}}' },
            restartable: true,
          },
          timeoutSeconds: 30,
          maxRetries: 3,
          retry: { initialMs: 500, multiplier: 1.5, capMs: 120_000, jitter: false },
          onFailure: 'continue',
          always: true,
          hold: 'Now?',
        },
      ],
    });
  });

  it('may say little', () => {
    expect(planOf(doing('drain:'))).toMatchObject({
      id: 'plan/own',
      params: [],
      steps: [
        {
          action: { kind: 'drain' },
          timeoutSeconds: 300,
          maxRetries: 0,
          retry: DEFAULT_RETRY,
          onFailure: 'stop',
          always: false,
          hold: null,
        },
      ],
    });
  });

  const cluster = { clusterId: 'prod-a', kubeconfigSecretRef: 'env:KUBECONFIG' };
  it.each<[string, StepAction]>([
    ['ssh: {script_ref: s}', { kind: 'ssh', scriptRef: 's', args: {}, restartable: false }],
    ['reboot: {force: true}', { kind: 'reboot', force: true }],
    ['reboot:', { kind: 'reboot', force: false }],
    ['netboot: {profile: pxe}', { kind: 'netboot', profile: 'pxe' }],
    ['repave: {image_ref: i, cloud_init_ref: c}', { kind: 'repave', imageRef: 'i', cloudInitRef: 'c' }],
    ['join: {}', { kind: 'join', targetCluster: { clusterId: '', kubeconfigSecretRef: '' } }],
    [
      'verify: {target_cluster: {cluster_id: prod-a, kubeconfig_secret_ref: "env:KUBECONFIG"}}',
      { kind: 'verify', targetCluster: cluster },
    ],
    ['net: {params: {mtu: 9000}}', { kind: 'net', params: { mtu: '9000' } }],
    ['rma: {reason: fan}', { kind: 'rma', reason: 'fan' }],
    ['drain: {}', { kind: 'drain' }],
    ['power_off: {}', { kind: 'power_off' }],
  ])('has a step %s', (text, action) => {
    expect(planOf(doing(text)).steps[0]?.action).toEqual(action);
  });

  it('has texts as they are written, whatever they look like', () => {
    const { steps } = planOf(doing('net: {params: {version: 1.30, octal: 007, no: no, tilde: "~", date: 2026-01-01}}'));
    expect(steps[0]?.action).toEqual({
      kind: 'net',
      params: { version: '1.30', octal: '007', no: 'no', tilde: '~', date: '2026-01-01' },
    });
  });

  it.each([
    ['500ms', 500],
    ['0s', 0],
    ['1.5m', 90_000],
    ['1h', 3_600_000],
  ])('has times such as %s', (initial, initialMs) => {
    const text = doing(`drain: {}\n    retry: {initial: ${initial}, cap: 24h}`);
    expect(planOf(text).steps[0]?.retry.initialMs).toBe(initialMs);
  });
});

describe('what is wrong', () => {
  it('is told all at once, in the order of the text, each at its place', () => {
    expect(
      problemsOf(`plan_id: Own Plan
owner: me
params:
  - name: level
    type: number
    help: [how, much]
  - {name: unused}
  - just a text
steps:
  - name: a
    netboot: {profile: "{{level}} {{other}}"}
    timeout_seconds: soon
    max_retries: 21
    retry: {initial: 1, multiplier: 0.5, cap: 25h, jitters: true}
    on_failure: ignore
    always: yes
    hold: now
  - name: a
    reboot: {force: 1}
    drain: {}
  - polish: {}
    hold: {}
  - name: b
  - power-off
`),
    ).toEqual([
      'p.yaml:1:10: plan_id: may hold a-z, 0-9 and "-" alone',
      'p.yaml:2:1: owner: is no key that belongs here',
      'p.yaml:5:11: params[0].type: must be string or integer or boolean',
      'p.yaml:6:11: params[0].help: must be a text',
      'p.yaml:8:5: params[2]: must be a map',
      'p.yaml:12:22: steps[0].timeout_seconds: must be a whole number from 1 to 86400',
      'p.yaml:13:18: steps[0].max_retries: must be a whole number from 0 to 20',
      'p.yaml:14:22: steps[0].retry.initial: must be a time such as 500ms, 10s or 1.5m',
      'p.yaml:14:37: steps[0].retry.multiplier: must be between 1 and 10',
      'p.yaml:14:47: steps[0].retry.cap: must be at least initial and at most 24 h',
      'p.yaml:14:52: steps[0].retry.jitters: is no key that belongs here',
      'p.yaml:15:17: steps[0].on_failure: must be stop or continue',
      'p.yaml:16:13: steps[0].always: must be true or false',
      'p.yaml:17:11: steps[0].hold: must be a map',
      'p.yaml:18:11: steps[1].name: is the name of steps[0] already',
      'p.yaml:19:21: steps[1].reboot.force: must be true or false',
      'p.yaml:20:5: steps[1].drain: comes after another key that says what the step does, and a step does one thing',
      'p.yaml:21:5: steps[2].polish: is no key that belongs here',
      'p.yaml:21:5: steps[2].name: is required',
      'p.yaml:22:11: steps[2].hold.prompt: is required',
      'p.yaml:23:5: steps[3]: must say what it does, by one of ssh, reboot, netboot, repave, join, verify, net, rma, drain, power_off',
      'p.yaml:24:5: steps[4]: must be a map',
    ]);
  });

  it('is what the domain finds, too', () => {
    const text = doing('rma: {reason: "{{reason}} }}"}\n    always: true\n    hold: {prompt: ""}');
    expect(problemsOf(text)).toEqual([
      'p.yaml:4:19: steps[0].rma.reason: {{reason}} is no param of this plan',
      'p.yaml:4:19: steps[0].rma.reason: has braces that are no {{param}}',
      expect.stringMatching(/^p\.yaml:5:13: steps\[0\]\.always: cannot be true for rma/),
      'p.yaml:6:20: steps[0].hold.prompt: is required',
    ]);
  });

  it('is not said of what only follows from it', () => {
    expect(problemsOf('plan_id: own\nparams: none\nsteps:\n  - {name: a, rma: {reason: "{{why}}"}}\n')).toEqual([
      'p.yaml:2:9: params: must be a list',
    ]);
    expect(problemsOf('plan_id: own\nparams: [{name: why}]\nsteps:\n  - {name: a, rma: {reason: [1]}}\n')).toEqual([
      'p.yaml:4:29: steps[0].rma.reason: must be a text',
    ]);
  });

  it.each([
    ['', 'p.yaml:1:1: must be a map with the keys plan_id and steps'],
    ['just a text', 'p.yaml:1:1: must be a map with the keys plan_id and steps'],
    ['[1, 2]', 'p.yaml:1:1: must be a map with the keys plan_id and steps'],
    ['steps: []', 'p.yaml:1:1: plan_id: is required'],
    ['plan_id:\nsteps: []', 'p.yaml:1:1: plan_id: is required'],
    ['plan_id: own', 'p.yaml:1:1: steps: must have at least one step'],
  ])('with %j', (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  it.each([
    ['a map that is not closed', 'plan_id: {own\n', 2],
    ['a key twice', 'plan_id: a\nplan_id: b\n', 2],
    ['an alias', 'plan_id: &a own\nsteps: *a\n', 2],
    ['a text that begins with a star', 'plan_id: *own\n', 1],
    ['two documents', 'plan_id: a\n---\nplan_id: b\n', 2],
    ['a tag that nobody knows', 'plan_id: !secret own\n', 1],
  ])('with %s: the line is told', (_, text, line) => {
    expect(problemsOf(text)[0]).toMatch(new RegExp(`^p\\.yaml:${line}:\\d+: `));
  });

  it('with a document that is too long', () => {
    expect(problemsOf(`# ${'x'.repeat(LONGEST_PLAN)}`)).toEqual([
      `p.yaml:1:1: is ${LONGEST_PLAN + 2} bytes long, and may be at most ${LONGEST_PLAN}`,
    ]);
  });

  it('with a map or a list that has more in it than any plan', () => {
    const keys = Array.from({ length: 20_000 }, (_, n) => `k${n}: v`).join('\n');
    const many = 'has more than 1000 entries, and no part of a plan has as many';
    expect(problemsOf(keys)).toEqual([`p.yaml:1:1: ${many}`]);
    expect(problemsOf(`plan_id: own\nsteps:\n${'  - {name: a}\n'.repeat(15_000)}`)).toEqual([`p.yaml:3:3: ${many}`]);
  });

  it('with more problems than anybody reads, of which it tells some, and how many there are besides', () => {
    const keys = Array.from({ length: 30 }, (_, n) => `k${n}: v`).join(', ');
    const told = problemsOf(`plan_id: own\nsteps:\n${`  - {name: a, reboot: {}, ${keys}}\n`.repeat(60)}`);
    expect(told).toHaveLength(1_060);
    expect(told.at(-1)).toBe('p.yaml:63:1: 800 more of what is in it cannot be read');
  });

  it('with a key that is there twice', () => {
    expect(problemsOf('plan_id: own\nsteps: []\nplan_id: other\n')).toEqual(['p.yaml:3:1: Map keys must be unique']);
  });

  it('with a document that is nested deeper than anybody would', () => {
    const told = problemsOf(`plan_id: own\nsteps: ${'['.repeat(120_000)}`);
    expect(told[0]).toMatch(/^p\.yaml:2:\d+: is nested too deeply$/);
  });

  it('with a step that does nothing, whatever else is wrong with it', () => {
    expect(problemsOf('plan_id: own\nsteps:\n  - {name: a, always: maybe}\n  - {name: b, drain: now}\n')).toEqual([
      expect.stringMatching(/^p\.yaml:3:5: steps\[0\]: must say what it does/),
      'p.yaml:3:23: steps[0].always: must be true or false',
      'p.yaml:4:22: steps[1].drain: must be a map',
    ]);
  });

  it('with names of arguments that nobody could read', () => {
    const long = 'x'.repeat(65);
    expect(problemsOf(doing(`ssh: {script_ref: s, args: {${long}: a, "\\e[2J": b, "": c, "d.e f": d}}`))).toEqual([
      'p.yaml:4:32: steps[0].ssh.args: has a name that is longer than 64 characters',
      'p.yaml:4:32: steps[0].ssh.args: has a name that has a character at 1 that cannot be printed',
      'p.yaml:4:32: steps[0].ssh.args: has a name that is empty',
    ]);
  });

  it('finds the place of a key with dots in it', () => {
    const text = doing('ssh: {script_ref: s, args: {a.b: "{{none}}", a: x}}');
    expect(problemsOf(text)).toEqual(['p.yaml:4:38: steps[0].ssh.args.a.b: {{none}} is no param of this plan']);
  });

  it('takes nothing from the objects that it is read into', () => {
    expect(problemsOf('__proto__: {plan_id: own}\nconstructor: x\n')).toEqual(
      expect.arrayContaining(['p.yaml:2:1: constructor: is no key that belongs here']),
    );
    expect(({} as { plan_id?: string }).plan_id).toBeUndefined();
  });
});
