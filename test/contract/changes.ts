import { expect } from 'vitest';
import type { Aggregate } from '../../src/core/domain/aggregate.ts';
import type { Decision } from '../../src/core/domain/decide/decision.ts';
import { decideRegister, decideUpdate } from '../../src/core/domain/decide/machine.ts';
import { decideStartRun } from '../../src/core/domain/decide/start-run.ts';
import type { MachineSpec } from '../../src/core/domain/machine.ts';
import type { Refusal } from '../../src/core/domain/refusal.ts';
import { aStart } from '../../src/core/domain/testing.ts';
import { changeOf } from '../../src/core/engine/transact.ts';
import type { Change, CommitResult, Store } from '../../src/core/ports/store.ts';
import type { Held } from '../support/fleet.ts';
import { ALICE } from '../support/fleet.ts';

/** The change that a decision makes on an aggregate as it was loaded. */
export function changed(before: Aggregate, decision: Decision | Refusal | { kind: 'existing' }): Change {
  if (decision.kind !== 'decision') throw new Error(`the decision is ${decision.kind}`);
  return changeOf(before, decision, { machineId: before.machineId, origin: ALICE }).change;
}

/** A change that gives the machine a label. */
export function labeling(before: Aggregate, value: string): Change {
  return changed(
    before,
    decideUpdate(before, ({ spec }) => ({ spec, labels: { value }, etag: '' })),
  );
}

/** A change that starts a run. */
export function starting(before: Aggregate, runId: string, requestId: string): Change {
  return changed(before, decideStartRun(before, aStart('reboot', { runId, requestId, acknowledgeIntervention: true })));
}

/** A change that registers the machine. */
export function registering(before: Aggregate, spec: MachineSpec): Change {
  return changed(before, decideRegister(before, { spec, labels: {}, etag: '' }));
}

/** What the owner of a run puts on a change. */
export function guardOf({ runId, owner, fence }: Held): NonNullable<Change['guard']> {
  return { runId, owner, fence };
}

/** Commits a change that has to be refused, and makes sure that nothing came of it. */
export async function refused(store: Store, change: Change): Promise<CommitResult> {
  const see = async () => ({
    aggregate: { ...(await store.load(change.machineId, requestOf(change))), now: 0 },
    runs: await Promise.all(change.runs.map(({ run }) => store.run(run.id))),
    head: await store.head(),
  });
  const before = await see();
  const result = await store.commit(change);
  expect(await see()).toEqual(before);
  return result;
}

function requestOf(change: Change): { requestId?: string } {
  return change.request === null ? {} : { requestId: change.request.requestId };
}
