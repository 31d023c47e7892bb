import { create } from '@bufbuild/protobuf';
import type { Repair } from '../../core/domain/decide/repair.ts';
import { decideRepair } from '../../core/domain/decide/repair.ts';
import type { Machine } from '../../core/domain/machine.ts';
import type { Machine as MachineMessage } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineSchema } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Call } from '../interceptors/call.ts';
import { originOf } from '../interceptors/call.ts';
import { FieldChecks } from './checks.ts';
import { carryOut } from './command.ts';
import type { ServiceContext } from './context.ts';
import { machineAnswer } from './machines.ts';

/** What every repair request has. */
interface RepairRequest {
  readonly machineId: string;
  readonly requestId: string;
  readonly reason: string;
}

/** The repairs, without what every request carries. */
type RepairKind = Repair extends infer R ? (R extends Repair ? Omit<R, 'requestId' | 'reason'> : never) : never;

/** Carries out a command that a person gives about a machine; idempotent by request id. Answers the machine. */
export async function repairMachine(
  { store, hub, instance }: ServiceContext,
  request: RepairRequest,
  call: Call,
  kind: RepairKind,
): Promise<MachineMessage> {
  const { machineId, requestId, reason } = request;
  new FieldChecks().machineId(machineId).requestId(requestId).reason(reason, true).orRefuse();
  let before: Machine | null = null;
  const { aggregate } = await carryOut(
    store,
    {
      machineId,
      requestId,
      origin: originOf(call, instance, { requestId, reason }),
      raiseFenceOf: ({ machine }) => (releasesStuck(kind) ? (machine?.stoppingRunId ?? null) : null),
    },
    (now) => {
      before = now.machine;
      return decideRepair(now, { ...kind, requestId, reason } as Repair);
    },
  );
  const machine = aggregate.machine ?? before;
  // A deletion that is repeated: nothing is known of the machine any more but its name.
  return machine === null ? create(MachineSchema, { machineId }) : machineAnswer(hub, machine);
}

function releasesStuck(kind: RepairKind): boolean {
  return kind.method === 'ResolveIntervention' && kind.releaseStuck;
}
