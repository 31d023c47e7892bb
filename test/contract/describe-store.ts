import { describe } from 'vitest';
import { admissionContract } from './admission.ts';
import { commitContract } from './commit.ts';
import { commitAllContract } from './commit-all.ts';
import { eventListContract } from './event-lists.ts';
import { eventContract } from './events.ts';
import { fenceContract } from './fence.ts';
import type { StoreFactory } from './fixture.ts';
import { hintContract } from './hints.ts';
import { leaseContract, reapContract } from './leases.ts';
import { loadContract } from './load.ts';
import { logContract } from './logs.ts';
import { machineListContract } from './machine-lists.ts';
import { pastContract } from './past.ts';
import { planContract } from './plans.ts';
import { retentionContract } from './retention.ts';
import { rowContract } from './rows.ts';
import { runListContract } from './run-lists.ts';
import { snapshotContract } from './snapshots.ts';

/**
 * Everything that a store has to do, whichever it is.
 *
 * @param factory opens an empty store, many times
 * @param shared true where several servers can share the store, and tell each other's end by themselves
 */
export function describeStore(name: string, factory: StoreFactory, { shared = false } = {}): void {
  describe(`${name}: load`, () => loadContract(factory));
  describe(`${name}: commit`, () => commitContract(factory));
  describe(`${name}: commit of several machines`, () => commitAllContract(factory));
  describe(`${name}: the fence`, () => fenceContract(factory));
  describe(`${name}: leases`, () => leaseContract(factory));
  describe(`${name}: admission`, () => admissionContract(factory));
  if (!shared) describe(`${name}: reap`, () => reapContract(factory));
  describe(`${name}: rows and counts`, () => rowContract(factory));
  describe(`${name}: own plans`, () => planContract(factory));
  describe(`${name}: lists of machines`, () => machineListContract(factory));
  describe(`${name}: lists of runs`, () => runListContract(factory));
  describe(`${name}: event log`, () => eventContract(factory));
  describe(`${name}: pages of events`, () => eventListContract(factory));
  describe(`${name}: the fleet as it was`, () => pastContract(factory));
  describe(`${name}: snapshots`, () => snapshotContract(factory));
  describe(`${name}: logs`, () => logContract(factory));
  describe(`${name}: retention`, () => retentionContract(factory));
  describe(`${name}: hints`, () => hintContract(factory));
}
