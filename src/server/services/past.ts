import type { MessageShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import type { Millis } from '../../core/domain/time.ts';
import { machineWaitsFor } from '../../core/domain/waiting.ts';
import type { ListQuery, MachineOrder, Page, PastMachine, Store } from '../../core/ports/store.ts';
import { machineToWire } from '../../wire/convert/machine.ts';
import { RpcError } from '../../wire/errors.ts';
import type { Machine as MachineMessage } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { ListMachinesResponseSchema } from '../../wire/gen/baremetal/v1/machine_service_pb.ts';
import { badField } from './answers.ts';
import type { ServiceContext } from './context.ts';
import type { ListPlan } from './lists.ts';
import { MAX_PAGE_SIZE } from './lists.ts';

/** A page of the machines as they were at a time. */
export async function listMachinesAsOf(
  { store, clock }: Pick<ServiceContext, 'store' | 'clock'>,
  at: Millis,
  { query, tokenOf }: ListPlan<MachineOrder>,
): Promise<MessageShape<typeof ListMachinesResponseSchema>> {
  const now = clock.now();
  if (at > now) throw badField('as_of', `lies in the future: here it is ${new Date(now).toISOString()}`);
  const page = await pageOf(store, at, query);
  return create(ListMachinesResponseSchema, {
    machines: page.rows.map((past) => pastAnswer(past, at)),
    nextPageToken: tokenOf(page.next),
    totalSize: await countMachines(store, at, query, page),
  });
}

async function pageOf(store: Store, at: Millis, query: ListQuery<MachineOrder>): Promise<Page<PastMachine>> {
  const page = await store.machinesAsOf(at, query);
  if (!('kind' in page)) return page;
  const earliest = new Date(page.earliest).toISOString();
  throw new RpcError({
    code: 'OUT_OF_RANGE',
    reason: 'BEFORE_HISTORY',
    message: `nothing is kept of the fleet from before ${earliest}; ask for that time or a later one`,
    metadata: { earliest },
  });
}

/** What it waited for then follows from the run that it had then. */
function pastAnswer({ machine, run }: PastMachine, at: Millis): MachineMessage {
  const situation = run === null ? null : { run, owned: null, queue: null };
  return machineToWire(machine, machineWaitsFor(machine, situation, at));
}

/** How many match; -1 where there are more than are counted. A first page that is also the last needs no other. */
async function countMachines(
  store: Store,
  at: Millis,
  { filter, after }: ListQuery<MachineOrder>,
  first: Page<PastMachine>,
): Promise<number> {
  if (after === null && first.next === null) return first.rows.length;
  const query = { filter, orderBy: 'machine_id', descending: false, limit: MAX_PAGE_SIZE, after: null } as const;
  const { rows, next } = await pageOf(store, at, query);
  return next === null ? rows.length : -1;
}
