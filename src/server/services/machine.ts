import { create } from '@bufbuild/protobuf';
import { machineNotFound } from '../../core/domain/decide/decision.ts';
import { decideRegister, decideUpdate } from '../../core/domain/decide/machine.ts';
import { sourceFault } from '../../core/domain/limits.ts';
import type { Machine } from '../../core/domain/machine.ts';
import { isRefusal } from '../../core/domain/refusal.ts';
import { parseReplacement } from '../../core/domain/validate-machine.ts';
import type { MachineOrder } from '../../core/ports/store.ts';
import { machineFromWire } from '../../wire/convert/machine.ts';
import { refusalToRpcError } from '../../wire/convert/refusal.ts';
import type { Machine as MachineMessage } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type {
  MachineService,
  RegisterMachineRequest,
  UpdateMachineRequest,
} from '../../wire/gen/baremetal/v1/machine_service_pb.ts';
import { ListMachinesResponseSchema } from '../../wire/gen/baremetal/v1/machine_service_pb.ts';
import { newMachineId } from '../ids.ts';
import type { Call, Handlers } from '../interceptors/call.ts';
import { originOf } from '../interceptors/call.ts';
import { watchMachines } from '../watch/watch.ts';
import { answered, badField, badFields } from './answers.ts';
import { FieldChecks } from './checks.ts';
import { carryOut } from './command.ts';
import type { ServiceContext } from './context.ts';
import { readDeclaration, withProvider } from './declaration.ts';
import type { Orders } from './lists.ts';
import { planList, readFilter } from './lists.ts';
import { machineAnswer, machineInList } from './machines.ts';
import { listMachinesAsOf } from './past.ts';
import { registerMachines } from './register-machines.ts';
import { repairMachine } from './repair.ts';
import { readTime } from './times.ts';
import { readMask } from './update-mask.ts';

const ORDERS: Orders<MachineOrder> = {
  fields: ['machine_id', 'phase', 'rack', 'updated_at'],
  standard: { orderBy: 'machine_id', descending: false },
};

/** The inventory: registering, finding, repairing and watching machines. */
export function machineService(context: ServiceContext): Handlers<typeof MachineService> {
  const { store, hub, recovering } = context;
  return {
    registerMachine: (request, call) => registerMachine(context, request, call),
    updateMachine: (request, call) => updateMachine(context, request, call),

    async getMachine({ machineId }) {
      new FieldChecks().machineId(machineId).orRefuse();
      const machine = await store.machine(machineId);
      if (machine === null) throw refusalToRpcError(machineNotFound(machineId));
      return machineAnswer(hub, machine);
    },

    async listMachines(request) {
      const at = readTime('as_of', request.asOf, 'down');
      const plan = planList(request, 'machine', ORDERS, at);
      if (at !== null) return listMachinesAsOf(context, at, plan);
      const { query, tokenOf } = plan;
      const page = await store.machines(query);
      // Whether a run has a server at all is worth a question where some have none.
      const answerOne = (await recovering.count()) > 0 ? machineAnswer : machineInList;
      return create(ListMachinesResponseSchema, {
        machines: await Promise.all(page.rows.map((machine) => answerOne(hub, machine))),
        nextPageToken: tokenOf(page.next),
        totalSize: await store.countMachines(query.filter),
      });
    },

    watchMachines: ({ filter, afterCursor }, { signal }) =>
      watchMachines(hub, { filter: readFilter(filter, 'machine'), afterCursor, signal }),

    deleteMachine: (request, call) => repairMachine(context, request, call, { method: 'DeleteMachine' }),
    enterMaintenance: (request, call) => repairMachine(context, request, call, { method: 'EnterMaintenance' }),
    exitMaintenance: (request, call) => repairMachine(context, request, call, { method: 'ExitMaintenance' }),
    async retireMachine(request, call) {
      const { source } = request;
      const fault = source === '' ? null : sourceFault(source);
      if (fault !== null) throw badField('source', fault);
      return repairMachine(context, request, call, { method: 'RetireMachine', source });
    },
    resolveIntervention: (request, call) =>
      repairMachine(context, request, call, {
        method: 'ResolveIntervention',
        releaseStuck: request.releaseStuck,
      }),
    completeRma: (request, call) => {
      const replacement = parseReplacement(request);
      if (!('serial' in replacement)) throw badFields(replacement);
      return repairMachine(context, request, call, { method: 'CompleteRma', replacement });
    },

    registerMachines: (request, call) => registerMachines(context, request, call),
  };
}

/** Registers a machine, or updates spec and labels of one that is known. */
async function registerMachine(
  { store, providers, hub, instance }: ServiceContext,
  { machine: sent }: RegisterMachineRequest,
  call: Call,
): Promise<MachineMessage> {
  if (sent === undefined) throw badField('machine', 'is required');
  const raw = machineFromWire(sent);
  const declared = answered(readDeclaration(raw));
  const machineId = raw.machineId === '' ? newMachineId() : raw.machineId;
  const { aggregate } = await carryOut(
    store,
    { machineId, origin: originOf(call, instance, { reason: '' }) },
    (now) => {
      const complete = withProvider(providers, declared, now.machine);
      return isRefusal(complete) ? complete : decideRegister(now, complete);
    },
  );
  return machineAnswer(hub, written(machineId, aggregate.machine));
}

/** Changes spec and labels of a machine that is known. */
async function updateMachine(
  { store, providers, hub, instance }: ServiceContext,
  { machine: sent, updateMask }: UpdateMachineRequest,
  call: Call,
): Promise<MachineMessage> {
  if (sent === undefined) throw badField('machine', 'is required');
  const raw = machineFromWire(sent);
  const { machineId } = raw;
  const checks = new FieldChecks().machineId(machineId, 'machine.machine_id');
  const mask = readMask(updateMask?.paths ?? []);
  if (mask.kind === 'unknown') {
    throw checks.fault('update_mask', `names nothing that can be changed: ${mask.paths.join(', ')}`).refusal();
  }
  checks.orRefuse();
  const { aggregate } = await carryOut(
    store,
    { machineId, origin: originOf(call, instance, { reason: '' }) },
    (now) => {
      if (now.machine === null) return machineNotFound(machineId);
      const { source, ...change } = mask.apply(now.machine, raw);
      const read = readDeclaration({ ...raw, source, ...change });
      if (isRefusal(read)) return read;
      // An empty source says that nobody owns it any more.
      const declared = source === '' ? { ...read, source } : read;
      const complete = withProvider(providers, declared, now.machine);
      return isRefusal(complete) ? complete : decideUpdate(now, () => complete);
    },
  );
  return machineAnswer(hub, written(machineId, aggregate.machine));
}

function written(machineId: string, machine: Machine | null): Machine {
  if (machine === null) throw new Error(`machine ${machineId} was written and is not there`);
  return machine;
}
