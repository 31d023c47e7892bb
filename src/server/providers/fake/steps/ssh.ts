import { addressOf, DEPOT } from '../names.ts';
import { notThere, type Procedure, type Scene, type Stage } from '../procedure.ts';
import type { MachineState } from '../world/world.ts';

type Args = Readonly<Record<string, string>>;

/** Runs a script on the machine; those of the built-in plans say what they would, any other says that it ran. */
export function sshProcedure(scene: Scene, scriptRef: string, args: Args): Procedure {
  const { machine, by } = scene;
  const address = addressOf(machine);
  const given = Object.entries(args).map(([name, value]) => ` ${name}=${value}`);
  return {
    unit: 'stages',
    stages: [
      {
        note: 'connecting',
        share: 20,
        lines: [`ssh: connected to ${address}, ED25519 host key known`, `ssh: ${scriptRef}${given.join('')}`],
      },
      { ...work(scene, scriptRef, args), share: 60 },
      {
        note: 'collecting the result',
        share: 20,
        lines: [`ssh: ${scriptRef} exited with 0`],
        effect: { script: { ref: scriptRef, by } },
      },
    ],
    lacks: ({ script }, mine) =>
      script?.ref === scriptRef && mine(script.by) ? null : notThere(`${scriptRef} has left no exit status`),
    done: `${scriptRef} exited with 0`,
    usualFailure: { code: 'SCRIPT_FAILED', message: `${scriptRef} exited with 1` },
  };
}

function work({ machine, before, dice }: Scene, scriptRef: string, args: Args): Omit<Stage, 'share'> {
  const node = machine.id;
  const effect = (change: Partial<MachineState>) => ({ effect: change });
  switch (scriptRef.replace(/^script\//, '')) {
    case 'cordon-node':
      return { note: 'cordoning', lines: [`node/${node} cordoned`], ...effect({ cordoned: true }) };
    case 'uncordon-node':
      return {
        note: 'uncordoning',
        lines: [`node/${node} uncordoned`],
        ...effect({ cordoned: false, drained: false }),
      };
    case 'upgrade-kubelet':
      return upgrade(before.kubelet, args.version ?? '1.31');
    case 'restart-kubelet':
      return {
        note: 'restarting the kubelet',
        lines: [
          'systemctl daemon-reload',
          'systemctl restart kubelet',
          `systemd[1]: Started kubelet.service - kubelet: The Kubernetes Node Agent, pid ${dice.int(2_000, 32_000)}`,
        ],
      };
    case 'verify-connectivity':
      return { note: 'checking the network', lines: pingLines(dice.int(1, 9), before.network.mtu) };
    default:
      return { note: 'running', lines: [`+ ${scriptRef}`, 'ok'] };
  }
}

function upgrade(from: string, wanted: string): Omit<Stage, 'share'> {
  const to = /^\d+\.\d+$/.test(wanted) ? `${wanted}.2` : wanted;
  return {
    note: 'upgrading the kubelet',
    lines: [
      'apt-get: Reading package lists... Done',
      `apt-get: Unpacking kubelet (${to}-1.1) over (${from}-1.1) ...`,
      `apt-get: Setting up kubelet (${to}-1.1) ...`,
      'apt-mark: kubelet set on hold.',
    ],
    effect: { kubelet: to },
  };
}

/** Where no MTU was set; and what the headers of IPv4 and ICMP take of it. */
const ETHERNET_MTU = 1_500;
const HEADERS = 28;

function pingLines(tenths: number, mtu: string | undefined): readonly string[] {
  return [
    `ping: gateway: 3 packets transmitted, 3 received, 0% packet loss, rtt avg 0.${tenths} ms`,
    `dns: ${DEPOT} resolves`,
    `mtu: ${(Number(mtu) || ETHERNET_MTU) - HEADERS} bytes pass with DF set`,
  ];
}
