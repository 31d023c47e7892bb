import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { sourceFault } from '../../core/domain/limits.ts';
import type { Refusal } from '../../core/domain/refusal.ts';
import { isRefusal, refuseFields } from '../../core/domain/refusal.ts';
import { machineFromWire } from '../../wire/convert/machine.ts';
import { refusalToRpcError } from '../../wire/convert/refusal.ts';
import { statusOf } from '../../wire/errors.ts';
import type {
  RegisterMachinesRequest,
  RegisterMachinesResponse,
  RegisterMachinesResultSchema,
} from '../../wire/gen/baremetal/v1/machine_service_pb.ts';
import {
  RegisterMachinesResult_Outcome as Outcome,
  RegisterMachinesResponseSchema,
} from '../../wire/gen/baremetal/v1/machine_service_pb.ts';
import { newMachineId } from '../ids.ts';
import type { Call } from '../interceptors/call.ts';
import { originOf } from '../interceptors/call.ts';
import { MAX_BATCH_SIZE } from '../limits.ts';
import { badField } from './answers.ts';
import type { ServiceContext } from './context.ts';
import { readDeclaration } from './declaration.ts';
import type { BatchContext, BatchItem, BatchOutcome } from './register-batch.ts';
import { isRefused, planBatch, registerEach, registerTogether } from './register-batch.ts';

/** What became of one machine; `not-applied`: it is good, but another one of an atomic batch is not. */
type Told = BatchOutcome | { readonly kind: 'not-applied' };

/** Registers many machines: each on its own, or all or none; what is refused says why, and hides none of the others. */
export async function registerMachines(
  { store, providers, instance }: ServiceContext,
  request: RegisterMachinesRequest,
  call: Call,
): Promise<RegisterMachinesResponse> {
  const { machines, atomic, validateOnly, source } = request;
  if (machines.length === 0) throw badField('machines', 'is required');
  if (machines.length > MAX_BATCH_SIZE) {
    throw badField('machines', `has ${machines.length} entries; at most ${MAX_BATCH_SIZE} go into one call`);
  }
  const fault = source === '' ? null : sourceFault(source);
  if (fault !== null) throw badField('source', fault);
  const origin = originOf(call, instance, { reason: '' });
  const context: BatchContext = { store, providers, origin, signal: call.signal };
  const { items, told } = readItems(machines, source);
  if (validateOnly || atomic) {
    const together = atomic && !validateOnly && told.size === 0;
    const planned = together ? await registerTogether(context, items, 'all-or-none') : await planBatch(context, items);
    const applies = !atomic || (told.size === 0 && !planned.some(isRefused));
    for (const { item, outcome } of planned) told.set(item.index, applies ? outcome : notApplied(outcome));
  } else {
    for (const [index, outcome] of await registerEach(context, items)) told.set(index, outcome);
  }
  const ids = new Map(items.map(({ index, machineId }) => [index, machineId]));
  return answer(
    machines.map(({ machineId }, index) => {
      const outcome = told.get(index);
      if (outcome === undefined) throw new Error(`nothing is known of machines[${index}]`);
      const made = outcome.kind === 'created' && !validateOnly ? ids.get(index) : undefined;
      return resultOf(index, made ?? machineId, outcome);
    }),
  );
}

/** The machines that are well-formed and not named twice, and what is to be said of the others. */
function readItems(machines: RegisterMachinesRequest['machines'], source: string) {
  const items: BatchItem[] = [];
  const told = new Map<number, Told>();
  const places = new Map<string, number>();
  for (const [index, message] of machines.entries()) {
    const sent = machineFromWire(message);
    const raw = source === '' ? sent : { ...sent, source };
    const first = places.get(raw.machineId);
    if (raw.machineId !== '' && first === undefined) places.set(raw.machineId, index);
    const declared = first === undefined ? readDeclaration(raw) : namedTwice(first);
    if (isRefusal(declared)) told.set(index, { kind: 'refused', refusal: declared });
    else items.push({ index, machineId: raw.machineId === '' ? newMachineId() : raw.machineId, declared });
  }
  return { items, told };
}

function namedTwice(first: number): Refusal {
  return refuseFields([{ field: 'machine.machine_id', description: `is that of machines[${first}] already` }]);
}

function notApplied(outcome: BatchOutcome): Told {
  return outcome.kind === 'created' || outcome.kind === 'updated' ? { kind: 'not-applied' } : outcome;
}

type Result = MessageInitShape<typeof RegisterMachinesResultSchema>;

function resultOf(index: number, machineId: string, told: Told): Result {
  switch (told.kind) {
    case 'created':
      return { index, machineId, outcome: Outcome.CREATED };
    case 'updated':
      return { index, machineId, outcome: Outcome.UPDATED, changedFields: [...told.changedFields] };
    case 'unchanged':
      return { index, machineId, outcome: Outcome.UNCHANGED };
    case 'refused':
      return { index, machineId, outcome: Outcome.REFUSED, error: statusOf(refusalToRpcError(told.refusal)) };
    case 'not-applied':
      return { index, machineId, outcome: Outcome.NOT_APPLIED };
  }
}

function answer(results: readonly Result[]): RegisterMachinesResponse {
  const count = (outcome: Outcome) => results.filter((result) => result.outcome === outcome).length;
  return create(RegisterMachinesResponseSchema, {
    results: [...results],
    created: count(Outcome.CREATED),
    updated: count(Outcome.UPDATED),
    unchanged: count(Outcome.UNCHANGED),
    refused: count(Outcome.REFUSED),
  });
}
