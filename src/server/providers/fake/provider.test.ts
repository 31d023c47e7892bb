import { describe, expect, it } from 'vitest';
import { perform, type Told } from '../../../../test/provider/recorded-call.ts';
import { aMachine, aSpec, conditions } from '../../../core/domain/testing.ts';
import type { CallToken } from '../../../core/ports/provider.ts';
import type { FakeProviderOptions } from './provider.ts';
import { aBench, IMAGE, JOIN, linesOf, progressOf, stepOf, stepsOf, VERIFY } from './testing/bench.ts';

describe('the time that steps take', () => {
  const times = async (plan: string, differs: Partial<FakeProviderOptions>) => {
    const bench = aBench([], differs);
    const taken: number[] = [];
    for (const [step, what] of stepsOf(plan).entries()) taken.push((await bench.do(what, { step })).ms);
    return taken;
  };

  it.each<[string, Partial<FakeProviderOptions>, number[]]>([
    ['repave-join', { speed: 'normal' }, [250, 500, 1_000, 1_100, 500]],
    ['repave-join', { speed: 'slow' }, [2_000, 5_000, 10_000, 8_500, 3_000]],
    ['repave-join', { speed: 'normal', factor: 4 }, [63, 125, 250, 275, 125]],
    ['repave-join', { speed: 'slow', factor: Number.POSITIVE_INFINITY }, [0, 0, 0, 0, 0]],
    ['rma', { speed: 'normal' }, [500, 250, 250]],
    ['rma', { speed: 'slow' }, [3_000, 2_000, 2_000]],
    ['upgrade', { speed: 'slow' }, [1_000, 3_000, 1_000, 1_000, 1_000, 3_000]],
    ['net-reconfig', { speed: 'normal' }, [500, 1_000]],
    ['net-reconfig', { speed: 'slow' }, [2_000, 1_000]],
  ])('%s %o: %o ms', async (plan, differs, ms) => {
    expect(await times(plan, differs)).toEqual(ms);
  });

  it.each([0, -1, Number.NaN])('a speed of %d is refused', (factor) => {
    expect(() => aBench([], { factor })).toThrow('must be above 0');
  });
});

describe('what a network change tells', () => {
  it.each([
    ['9000', 8_972],
    ['', 1_472],
  ])('is checked with packets as large as the MTU that was set: %j', async (mtu, bytes) => {
    const bench = aBench();
    const [apply, verify] = stepsOf('net-reconfig');
    if (apply === undefined || verify === undefined) return expect.unreachable('the plan has two steps');
    await bench.do({ ...apply, action: { kind: 'net', params: mtu === '' ? {} : { mtu } } });
    const { told } = await bench.do(verify, { step: 1 });
    expect(linesOf(told)).toContain(`mtu: ${bytes} bytes pass with DF set`);
  });
});

describe('what a repave tells', () => {
  const repave = async (seed: number, token: Partial<CallToken> = {}) => {
    const bench = aBench([], { seed });
    const told: Told[] = [];
    for (const [step, what] of stepsOf('repave-join').entries()) {
      const call = await bench.do(what, { ...token, step });
      expect(call.ended).toMatchObject({ answer: { kind: 'done' } });
      told.push(...call.told);
    }
    return told;
  };

  it('reads as a real one does, in its order', async () => {
    const lines = linesOf(await repave(1)).join('\n');
    const order = [
      /BootSourceOverrideTarget=Pxe/,
      /ResetType=GracefulRestart/,
      /DHCPDISCOVER from 02:00:00:00:00:01/,
      /DHCPACK on 192\.0\.2\.1,/,
      /iPXE 1\.21\.1 -- Open Source Network Boot Firmware/,
      /pxe-ubuntu-22\.04\/boot\.ipxe\.\.\. ok/,
      /pull ubuntu:22\.04-k8s/,
      /layer 1\/6 sha256:[0-9a-f]{12} written at \d+ MB\/s/,
      /layer 6\/6 sha256:[0-9a-f]{12} written at \d+ MB\/s/,
      /cloud-init: seed cloud-init\/worker-node/,
      /\[preflight\] Running pre-flight checks/,
      /\[kubelet-start\] Starting the kubelet/,
      /This node has joined the cluster/,
      /node\/machine-1 condition met: Ready=True/,
    ].map((pattern) => lines.search(pattern));
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('is the same for the same seed in whatever run, and another for another seed or attempt', async () => {
    const first = await repave(1);
    expect(await repave(1, { runId: 'run-2', fence: 9 })).toEqual(first);
    expect(await repave(2)).not.toEqual(first);
    expect(await repave(1, { attempt: 2 })).not.toEqual(first);
  });

  it('names no secret, and no reference to one', async () => {
    const all = JSON.stringify(await repave(1));
    expect(all).toContain('--token [redacted]');
    expect(all).not.toMatch(/env:BMC|kubeconfig"|prod-a-kubeconfig/);
  });

  it('counts the image in percent through its six stages, joining in its five', async () => {
    const bench = aBench();
    const image = progressOf((await bench.do(IMAGE)).told);
    expect(new Set(image.map(({ total, unit }) => `${total}${unit}`))).toEqual(new Set(['100%']));
    const stages = [...new Set(image.map(({ note }) => note.slice(0, 3)))];
    expect(stages).toEqual(['1/6', '2/6', '3/6', '4/6', '5/6', '6/6', 'don']);
    const join = progressOf((await bench.do(JOIN)).told);
    expect(join.map(({ current, total, unit }) => `${current}/${total} ${unit}`)).toEqual(
      [0, 1, 2, 3, 4, 5].map((current) => `${current}/5 stages`),
    );
  });
});

describe('what the world knows', () => {
  it('is changed by the steps of a repave, and told by it', async () => {
    const bench = aBench();
    for (const [step, what] of stepsOf('repave-join').entries()) await bench.do(what, { step });
    expect(await bench.world.read('machine-1')).toMatchObject({
      power: 'on',
      bootDevice: 'disk',
      boot: { from: 'network' },
      image: { ref: 'ubuntu:22.04-k8s', by: { runId: 'run-1', step: 2, attempt: 1 } },
      membership: { kind: 'member', clusterId: 'prod-a' },
      cordoned: false,
    });
  });

  it('lacks what was on the disk from the first stage of an image on', async () => {
    const bench = aBench(['*/repave-image=hang@2/6'], { machine: aMachine({ conditions: conditions('Provisioned') }) });
    await bench.probe(IMAGE);
    expect(await bench.world.read('machine-1')).toMatchObject({ image: { ref: '' } });
    bench.begin(IMAGE);
    await bench.clock.advance(200);
    expect(await bench.world.read('machine-1')).toMatchObject({ image: null, membership: { kind: 'none' } });
  });

  it('does not find a node that a repave took away', async () => {
    const bench = aBench();
    await bench.do(IMAGE);
    const verify = await bench.do(VERIFY);
    expect(verify.ended).toMatchObject({ answer: { kind: 'failed', code: 'NODE_NOT_FOUND', terminal: false } });
    expect(linesOf(verify.told)).toContain('Error from server (NotFound): nodes "machine-1" not found');
    await bench.do(JOIN);
    expect((await bench.do(VERIFY)).ended).toMatchObject({ answer: { kind: 'done' } });
  });

  it.each(['rma', 'reboot', 'upgrade', 'net-reconfig'])(
    'lets %s end well on a machine it never saw before',
    async (plan) => {
      const bench = aBench();
      for (const [step, what] of stepsOf(plan).entries()) {
        expect((await bench.do(what, { step })).ended).toMatchObject({ answer: { kind: 'done' } });
      }
    },
  );

  it('evicts only where there is a node', async () => {
    const drain = stepOf('rma', 'drain-workloads');
    const stranger = await aBench().do(drain);
    expect(linesOf(stranger.told)).toContain('no workloads to evict');
    const machine = aMachine({ conditions: conditions('InCustomerCluster') });
    expect(linesOf((await aBench([], { machine }).do(drain)).told)).toContain('node/machine-1 drained');
  });

  it('is another machine once the box is another', async () => {
    const bench = aBench();
    await bench.do(stepOf('rma', 'graceful-shutdown'));
    const replaced = perform({
      provider: bench.provider,
      machine: aMachine({ spec: aSpec({ serial: 'SN-0002' }) }),
      step: stepOf('reboot', 'reboot'),
      now: () => 0,
    });
    await bench.clock.advance(500);
    expect(linesOf(replaced.told)).toContain('redfish: PowerState On -> Off -> On');
  });
});
