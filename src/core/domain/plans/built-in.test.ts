import { describe, expect, it } from 'vitest';
import { DEFAULT_RETRY } from '../retry.ts';
import { builtIn } from '../testing.ts';
import { BUILT_IN_PLANS } from './built-in.ts';

/** Step, timeout in seconds, retries. */
const TABLE = {
  'plan/repave-join': [
    ['set-netboot', 'netboot', 60, 2],
    ['reboot-to-netboot', 'reboot', 300, 1],
    ['repave-image', 'repave', 600, 1],
    ['join-cluster', 'join', 300, 2],
    ['verify-in-cluster', 'verify', 120, 3],
  ],
  'plan/rma': [
    ['drain-workloads', 'drain', 120, 1],
    ['graceful-shutdown', 'power_off', 120, 1],
    ['mark-rma', 'rma', 60, 1],
  ],
  'plan/reboot': [['reboot', 'reboot', 300, 1]],
  'plan/upgrade': [
    ['cordon-node', 'ssh', 60, 2],
    ['drain-node', 'drain', 600, 1],
    ['upgrade-kubelet', 'ssh', 300, 1],
    ['restart-kubelet', 'ssh', 300, 1],
    ['uncordon-node', 'ssh', 60, 2],
    ['verify-upgrade', 'verify', 120, 3],
  ],
  'plan/net-reconfig': [
    ['apply-network-config', 'net', 120, 2],
    ['verify-connectivity', 'ssh', 60, 3],
  ],
};

describe('the built-in plans', () => {
  it('are these, with these steps, timeouts and retries', () => {
    const told = BUILT_IN_PLANS.map((plan) => [
      plan.id,
      plan.steps.map((step) => [step.name, step.action.kind, step.timeoutSeconds, step.maxRetries]),
    ]);
    expect(Object.fromEntries(told)).toEqual(TABLE);
  });

  it('are version 1, built in, and retry as every step does by default', () => {
    for (const plan of BUILT_IN_PLANS) {
      expect(plan).toMatchObject({ version: 1, builtIn: true });
      expect(plan.displayName).not.toBe('');
      expect(plan.description).not.toBe('');
      for (const step of plan.steps) expect(step.retry).toEqual(DEFAULT_RETRY);
    }
  });

  it('boot, write and configure what the list says', () => {
    const actions = builtIn('repave-join').steps.map((step) => step.action);
    expect(actions).toContainEqual({ kind: 'netboot', profile: 'pxe-ubuntu-22.04' });
    const defaults = builtIn('repave-join').params.map((param) => [param.name, param.default]);
    expect(defaults).toEqual([
      ['image_ref', 'ubuntu:22.04-k8s'],
      ['cloud_init_ref', 'cloud-init/worker-node'],
      ['cluster_id', null],
    ]);
  });

  it.each([
    ['repave-join', ['image_ref', 'cloud_init_ref', 'cluster_id']],
    ['rma', ['reason']],
    ['reboot', []],
    ['upgrade', ['version', 'cluster_id']],
    ['net-reconfig', ['address', 'gateway', 'dns', 'vlan', 'mtu']],
  ])('%s takes the params %j, each with a help', (name, params) => {
    expect(builtIn(name).params.map((param) => param.name)).toEqual(params);
    for (const param of builtIn(name).params) expect(param.help).not.toBe('');
  });
});
