import { bmcOf } from '../names.ts';
import { notThere, type Procedure, type Scene } from '../procedure.ts';

/** Marks the machine in the inventory as awaiting replacement. */
export function rmaProcedure({ machine, by, dice }: Scene, reason: string): Procedure {
  const serial = machine.spec.serial === '' ? 'unknown' : machine.spec.serial;
  return {
    unit: 'stages',
    stages: [
      {
        note: 'lighting the locator',
        share: 50,
        lines: [
          `redfish: PATCH https://${bmcOf(machine)}/redfish/v1/Chassis/1 LocationIndicatorActive=true`,
          `redfish: 200, rack ${machine.spec.rack === '' ? 'unknown' : machine.spec.rack}`,
        ],
      },
      {
        note: 'marking in the inventory',
        share: 50,
        lines: [
          `inventory: serial ${serial}: awaiting replacement, ${reason === '' ? 'no reason given' : `reason: ${reason}`}`,
          `inventory: RMA-${dice.int(10_000, 99_999)} opened`,
        ],
        effect: { rma: { reason, by } },
      },
    ],
    lacks: ({ rma }, mine) => (mine(rma?.by ?? null) ? null : notThere('the inventory does not have the mark')),
    done: `marked as awaiting replacement, serial ${serial}`,
    usualFailure: { code: 'INVENTORY_UNAVAILABLE', message: 'inventory: 503 Service Unavailable' },
  };
}
