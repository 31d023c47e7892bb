import { bmcOf } from '../names.ts';
import { notThere, type Procedure, type Scene } from '../procedure.ts';

/** Shuts the operating system down and waits for the power to be off. */
export function powerOffProcedure({ machine, before, dice }: Scene): Procedure {
  const bmc = bmcOf(machine);
  return {
    unit: 'stages',
    stages: [
      {
        note: 'shutting down',
        share: 60,
        lines:
          before.power === 'off'
            ? [`redfish: GET https://${bmc}/redfish/v1/Systems/1 PowerState=Off, nothing to shut down`]
            : [
                `redfish: POST https://${bmc}/redfish/v1/Systems/1/Actions/ComputerSystem.Reset ResetType=GracefulShutdown`,
                'systemd[1]: Stopping kubelet.service - kubelet: The Kubernetes Node Agent...',
                `systemd-shutdown[1]: Sent SIGTERM to ${dice.int(40, 90)} remaining processes`,
                'systemd-shutdown[1]: All filesystems unmounted, powering off',
              ],
      },
      {
        note: 'waiting for the power to be off',
        share: 40,
        lines: [`redfish: GET https://${bmc}/redfish/v1/Systems/1`, 'redfish: PowerState Off'],
        effect: { power: 'off' },
      },
    ],
    lacks: (state) => (state.power === 'off' ? null : notThere('the power is still on')),
    done: 'the power is off',
    usualFailure: {
      code: 'SHUTDOWN_TIMEOUT',
      message: 'the power is still on: the system does not react to the power button',
    },
  };
}
