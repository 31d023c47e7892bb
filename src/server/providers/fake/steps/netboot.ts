import { bmcOf, DEPOT, macOf } from '../names.ts';
import { notThere, type Procedure, type Scene } from '../procedure.ts';

/** Publishes a netboot profile for the machine and tells its BMC to boot from the network, once. */
export function netbootProcedure({ machine }: Scene, profile: string): Procedure {
  const bmc = bmcOf(machine);
  const file = `tftp://${DEPOT}/${macOf(machine).replaceAll(':', '-')}.ipxe`;
  return {
    unit: 'stages',
    stages: [
      {
        note: 'publishing the netboot profile',
        share: 40,
        lines: [`netboot: profile ${profile} for ${macOf(machine)}`, `netboot: wrote ${file}`],
        effect: { netbootProfile: profile },
      },
      {
        note: 'setting the boot device',
        share: 60,
        lines: [
          `redfish: PATCH https://${bmc}/redfish/v1/Systems/1 BootSourceOverrideTarget=Pxe BootSourceOverrideEnabled=Once`,
          'redfish: 204 No Content',
          `redfish: GET https://${bmc}/redfish/v1/Systems/1`,
        ],
        effect: { bootDevice: 'network' },
      },
    ],
    lacks: (state) => {
      if (state.bootDevice !== 'network') return notThere('the boot device is still the disk');
      if (state.netbootProfile === profile) return null;
      return notThere(`the netboot profile is "${state.netbootProfile}", not "${profile}"`);
    },
    done: `the next boot is from the network, profile ${profile}`,
    usualFailure: { code: 'BMC_UNREACHABLE', message: `redfish: ${bmc}: connection timed out` },
  };
}
