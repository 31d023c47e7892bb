import type { Machine } from '../../core/domain/machine.ts';
import { machineToWire } from '../../wire/convert/machine.ts';
import type { Machine as MachineMessage } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Hub } from '../watch/hub.ts';

/** A machine as a message, with what it waits for at this moment. */
export async function machineAnswer(hub: Hub, machine: Machine): Promise<MachineMessage> {
  return machineToWire(machine, await hub.waitOf(machine));
}

/** One of many machines as a message; what it waits for is told without asking the store about each of them. */
export async function machineInList(hub: Hub, machine: Machine): Promise<MachineMessage> {
  return machineToWire(machine, await hub.waitOfMany(machine));
}
