import { addressOf, bmcOf, DEPOT, macOf } from '../names.ts';
import { notThere, type Procedure, type Scene, type Stage } from '../procedure.ts';

/** Restarts the machine; it comes up from whatever its boot device is. */
export function rebootProcedure(scene: Scene, force: boolean): Procedure {
  const { machine, before, by } = scene;
  const bmc = bmcOf(machine);
  const from = before.bootDevice;
  const reset = before.power === 'off' ? 'On' : force ? 'ForceRestart' : 'GracefulRestart';
  return {
    unit: 'stages',
    stages: [
      {
        note: 'restarting',
        share: 25,
        lines: [
          `redfish: POST https://${bmc}/redfish/v1/Systems/1/Actions/ComputerSystem.Reset ResetType=${reset}`,
          'redfish: 204 No Content',
          before.power === 'off' ? 'redfish: PowerState Off -> On' : 'redfish: PowerState On -> Off -> On',
        ],
        effect: { power: 'on' },
      },
      { note: 'self-test', share: 30, lines: selfTest(scene) },
      {
        ...(from === 'network' ? networkBoot(scene) : diskBoot(scene)),
        share: 45,
        effect: { boot: { from, by }, bootDevice: 'disk' },
      },
    ],
    lacks: (state, mine) => {
      if (state.power !== 'on') return notThere('the power is off');
      return mine(state.boot?.by ?? null) ? null : notThere('the boot counter of the BMC has not moved');
    },
    done: cameUp(scene),
    usualFailure: { code: 'BOOT_TIMEOUT', message: `${machine.id} did not come back: no heartbeat after the reset` },
  };
}

function cameUp({ before }: Scene): string {
  if (before.bootDevice === 'network') return `up from the network, profile ${before.netbootProfile}`;
  return before.image === null ? 'up, with no operating system on the disk' : 'up from the disk';
}

function selfTest({ machine, dice }: Scene): readonly string[] {
  const model = machine.spec.model === '' ? 'PowerEdge R650' : machine.spec.model;
  const memory = dice.pick([256, 384, 512]);
  return [
    `post: ${model}, serial ${machine.spec.serial === '' ? 'unknown' : machine.spec.serial}`,
    `post: memory ${memory} GiB DDR5 ECC, ${memory / 32} DIMMs, no errors`,
    'post: nvme0 1.92 TB, nvme1 1.92 TB, no errors',
  ];
}

function networkBoot({ machine, before, dice }: Scene): Omit<Stage, 'share' | 'effect'> {
  const mac = macOf(machine);
  const address = addressOf(machine);
  const xid = `0x${dice.hex(8)}`;
  return {
    note: 'booting from the network',
    lines: [
      `dhcp: DHCPDISCOVER from ${mac} via eno1, xid ${xid}`,
      `dhcp: DHCPOFFER ${address} to ${mac} from ${DEPOT}`,
      `dhcp: DHCPREQUEST for ${address} from ${mac}, xid ${xid}`,
      `dhcp: DHCPACK on ${address}, lease 3600 s, next-server ${DEPOT}, filename ipxe.efi`,
      `tftp: ipxe.efi 1052672 bytes in ${dice.int(180, 420)} ms`,
      'iPXE 1.21.1 -- Open Source Network Boot Firmware -- https://ipxe.org',
      `iPXE: net0: ${mac} using NII on 0000:31:00.0, link up`,
      `iPXE: http://${DEPOT}/${before.netbootProfile || 'default'}/boot.ipxe... ok`,
      'iPXE: vmlinuz... ok',
      'iPXE: initrd.img... ok',
      `installer: up on ${address}, waiting for an image`,
    ],
  };
}

function diskBoot({ machine, before, dice }: Scene): Omit<Stage, 'share' | 'effect'> {
  const address = addressOf(machine);
  if (before.image === null) {
    return {
      note: 'booting from the disk',
      lines: [
        'uefi: nvme0: no boot entry',
        `uefi: no operating system found, BMC console of ${machine.id} is at the shell`,
      ],
    };
  }
  return {
    note: 'booting from the disk',
    lines: [
      'grub: Ubuntu 22.04, kernel 5.15.0-116-generic',
      'kernel: Linux version 5.15.0-116-generic (buildd@lcy02-amd64-015)',
      `systemd[1]: Startup finished in ${dice.int(4, 9)}.${dice.int(100, 999)}s (kernel) + ${dice.int(9, 19)}.${dice.int(100, 999)}s (userspace)`,
      'systemd[1]: Reached target Multi-User System',
      `sshd[${dice.int(700, 1400)}]: Server listening on ${address} port 22`,
    ],
  };
}
