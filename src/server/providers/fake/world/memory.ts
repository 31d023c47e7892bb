import type { Millis } from '../../../../core/domain/time.ts';
import {
  type Begun,
  type CallEnd,
  type FakeWorld,
  isOtherHardware,
  type JournalEntry,
  type JournalPage,
  type MachineState,
  type WorldCall,
} from './world.ts';

/** What a world in memory needs, and how much it keeps. */
export interface MemoryWorldOptions {
  readonly clock: { now(): Millis };
  /** How many ended calls the journal keeps; the oldest go first. Default 10,000. */
  readonly keepCalls?: number;
  /** How many machines are remembered; the one called longest ago goes first, unless a call to it is going. Default 100,000. */
  readonly keepMachines?: number;
}

interface Box {
  state: MachineState;
  highestFence: number;
  /** Numbers of the calls that are going. */
  readonly going: Set<number>;
}

/** A world that lives and ends with this process. */
export function createMemoryWorld({
  clock,
  keepCalls = 10_000,
  keepMachines = 100_000,
}: MemoryWorldOptions): FakeWorld {
  /** In the order of the last call, longest ago first. */
  const boxes = new Map<string, Box>();
  const going = new Map<number, JournalEntry>();
  /** By number, but in the order in which the calls ended. */
  const ended = new Map<number, JournalEntry>();
  let lastNumber = 0;
  let dropped = 0;

  const keep = (entry: JournalEntry) => {
    ended.set(entry.number, entry);
    if (ended.size <= keepCalls) return;
    dropped += 1;
    for (const oldest of ended.keys()) {
      ended.delete(oldest);
      break;
    }
  };

  const boxOf = (call: WorldCall): Box => {
    const known = boxes.get(call.machineId);
    const box = known ?? { state: call.unseen, highestFence: 0, going: new Set<number>() };
    if (isOtherHardware(box.state, call.unseen)) box.state = call.unseen;
    boxes.delete(call.machineId);
    boxes.set(call.machineId, box);
    if (boxes.size > keepMachines) forgetOne(boxes, box);
    return box;
  };

  const begin = (call: WorldCall): Begun => {
    const box = boxOf(call);
    lastNumber += 1;
    const { machineId, token, kind, step } = call;
    const entry = { number: lastNumber, machineId, token, kind, step, beganAt: clock.now() };
    if (token.fence < box.highestFence) {
      keep({
        ...entry,
        endedAt: entry.beganAt,
        end: { kind: 'refused', code: 'STALE_TOKEN' },
        overlaps: [],
        staleWrites: 0,
      });
      return { kind: 'refused', highestFence: box.highestFence };
    }
    box.highestFence = token.fence;
    going.set(entry.number, { ...entry, endedAt: null, end: null, overlaps: [...box.going], staleWrites: 0 });
    box.going.add(entry.number);
    return { kind: 'begun', callId: entry.number, state: box.state };
  };

  const write = (callId: number, change: Partial<MachineState>): 'written' | 'stale' => {
    const entry = goingCall(going, callId);
    const box = boxes.get(entry.machineId);
    if (box === undefined || entry.token.fence < box.highestFence) {
      going.set(callId, { ...entry, staleWrites: entry.staleWrites + 1 });
      return 'stale';
    }
    box.state = { ...box.state, ...change };
    return 'written';
  };

  const end = (callId: number, how: CallEnd): void => {
    const entry = goingCall(going, callId);
    going.delete(callId);
    boxes.get(entry.machineId)?.going.delete(callId);
    keep({ ...entry, endedAt: clock.now(), end: how });
  };

  return {
    begin: async (call) => begin(call),
    write: async (callId, change) => write(callId, change),
    end: async (callId, how) => end(callId, how),
    read: async (machineId) => boxes.get(machineId)?.state ?? null,
    journal: async ({ machineId, after = 0, limit = Number.POSITIVE_INFINITY }): Promise<JournalPage> => {
      const entries = [...ended.values(), ...going.values()]
        .filter((entry) => entry.number > after && (machineId === undefined || entry.machineId === machineId))
        .sort((a, b) => a.number - b.number)
        .slice(0, limit);
      return { entries, dropped };
    },
  };
}

function goingCall(going: ReadonlyMap<number, JournalEntry>, callId: number): JournalEntry {
  const entry = going.get(callId);
  if (entry === undefined) throw new Error(`call ${callId} is not going`);
  return entry;
}

function forgetOne(boxes: Map<string, Box>, except: Box): void {
  for (const [machineId, box] of boxes) {
    if (box === except || box.going.size > 0) continue;
    boxes.delete(machineId);
    return;
  }
}
