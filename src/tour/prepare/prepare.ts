import type { Order } from '../director/state.ts';
import { TourFailure } from '../failure.ts';
import type { TourHost } from '../host.ts';
import { serveText } from '../perform/command-text.ts';
import type { Performer } from '../perform/performer.ts';
import type { Room } from '../room/room.ts';
import type { Scene } from '../room/verdict.ts';
import { isBusy, judge, verdictOn } from '../room/verdict.ts';
import type { Condition } from '../script/script.ts';
import type { Hands } from './machine-work.ts';
import { MachineWork } from './machine-work.ts';
import { Orders } from './orders.ts';

/** What putting the room in order needs. */
export interface Preparing {
  readonly room: Room;
  readonly performer: Performer;
  readonly host: TourHost;
  /** What the needs are looked at in, as it is now. */
  readonly scene: () => Scene;
  /** Told of every command, as it is begun and done. */
  readonly onOrders: (orders: readonly Order[]) => void;
  readonly signal: AbortSignal;
}

/**
 * Brings about what a chapter needs and is missing, through the public API and at full speed; where nothing is missing
 * nothing is done. Machines are worked on at the same time, each by itself.
 *
 * @throws TourFailure for what cannot be brought about
 */
export async function putInOrder(needs: readonly Condition[], preparing: Preparing): Promise<void> {
  const { performer, room, host, signal, scene } = preparing;
  const missing = () => needs.filter((need) => judge(need, scene()).kind !== 'met');
  if (missing().length === 0) return;
  const orders = new Orders(preparing.onOrders);
  const hands: Hands = { room, performer, host, orders, signal };
  host.hurry(true);
  try {
    const durable = needs.some(({ kind }) => kind === 'store');
    const keptIn = durable ? 'file' : 'memory';
    if (!performer.hasServer) await orders.carryOut(serveText(keptIn), () => performer.startServer(keptIn, signal));
    // Before all that there is has come, everything would seem to be missing.
    const allIsKnown = () => room.until(({ link, complete }) => (link.kind === 'up' && complete ? true : null), signal);
    await allIsKnown();
    if (durable) {
      await makeDurable(preparing, orders);
      await allIsKnown();
    }
    for (const need of missing()) if (need.kind === 'machines') await importAll(need.count, preparing, orders);
    await Promise.all([...byMachine(missing(), scene())].map(([id, some]) => bringAbout(id, some, hands, scene)));
    if (missing().some(({ kind }) => kind === 'idle')) await endEverything(hands);
    await allMet(needs, preparing);
  } finally {
    host.hurry(false);
  }
}

/** Starts the tour's server anew where what it knows does not outlive it. */
async function makeDurable({ performer, host, signal }: Preparing, orders: Orders): Promise<void> {
  if ((await performer.learnStore(signal)) !== 'memory') return;
  if (!host.ownServer) {
    throw new TourFailure(
      "the server keeps its state in memory, and is not the tour's own: start one with --store sqlite:PATH",
    );
  }
  await orders.carryOut(serveText('file'), () => performer.restartServer('file', signal));
  await performer.learnStore(signal);
}

async function importAll(count: number, { host, performer, room, signal }: Preparing, orders: Orders): Promise<void> {
  await orders.carryOut(`bmdemo import ${count}`, async () => {
    await host.importMachines(performer.client, count, signal);
    await room.until(({ machines }) => (machines.size >= count ? true : null), signal);
  });
}

function byMachine(needs: readonly Condition[], { machineOf }: Scene): ReadonlyMap<string, readonly Condition[]> {
  return Map.groupBy(
    needs.filter((need) => need.kind === 'machine' || need.kind === 'past'),
    (need) => (need.kind === 'machine' || need.kind === 'past' ? machineOf(need.role) : ''),
  );
}

async function bringAbout(
  machineId: string,
  needs: readonly Condition[],
  hands: Hands,
  scene: () => Scene,
): Promise<void> {
  const work = new MachineWork(machineId, hands);
  for (const need of needs) {
    // An earlier one may have brought it about.
    if (judge(need, scene()).kind === 'met') continue;
    if (need.kind === 'past') await work.past(need.run, need.phase);
    else if (need.kind === 'machine' && need.phase !== null) await work.phase(need.phase);
    else await work.free();
  }
}

/** Cancels every run that is under way, and waits until nothing is held any more. */
async function endEverything(hands: Hands): Promise<void> {
  const busy = [...hands.room.view.machines.values()].filter(isBusy);
  await Promise.all(busy.map(({ machineId }) => new MachineWork(machineId, hands).rest()));
}

/** Waits until the watches have told of all that was brought about. */
async function allMet(needs: readonly Condition[], { room, scene, signal }: Preparing): Promise<void> {
  await room.until(() => {
    const verdict = verdictOn(needs, scene());
    if (verdict.kind === 'never') throw new TourFailure(verdict.failure.sentence, 'chapter');
    return verdict.kind === 'met' ? true : null;
  }, signal);
}
