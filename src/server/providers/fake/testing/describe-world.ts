import { describe, expect, it } from 'vitest';
import { aMachine, aSpec } from '../../../../core/domain/testing.ts';
import { unseenState } from '../procedure.ts';
import type { Begun, FakeWorld, WorldCall } from '../world/world.ts';

/** What a test wants of a world. */
export interface WorldOptions {
  readonly clock: { now(): number };
  readonly keepCalls?: number;
  readonly keepMachines?: number;
}

/** The end of a call that went well. */
export const DONE = { kind: 'done', code: '' } as const;

/** A call to image a machine. */
export function aCall(differs: { fence?: number; machineId?: string; serial?: string } = {}): WorldCall {
  const { fence = 1, machineId = 'machine-1', serial = 'SN-1' } = differs;
  const token = { runId: 'run-1', step: 0, attempt: 1, fence };
  const unseen = unseenState(aMachine({ spec: aSpec({ serial }) }));
  return { machineId, token, kind: 'perform', step: 'image', unseen };
}

/** Begins a call that is not refused. */
export async function begun(world: FakeWorld, call: WorldCall): Promise<Extract<Begun, { kind: 'begun' }>> {
  const answer = await world.begin(call);
  if (answer.kind === 'refused') throw new Error('refused');
  return answer;
}

/** What every world does, wherever it is kept. `make` opens an empty one, which is closed after the test. */
export function describeWorld(name: string, make: (options: WorldOptions) => FakeWorld): void {
  const open = (options: Partial<WorldOptions> = {}) => make({ clock: { now: () => 5 }, ...options });

  describe(`a world in ${name}`, () => {
    describe('its machines', () => {
      it('begin as they are told to be, and keep what is written', async () => {
        const world = open();
        expect(await world.read('machine-1')).toBeNull();
        const { callId, state } = await begun(world, aCall());
        expect(state.power).toBe('on');
        expect(await world.write(callId, { power: 'off' })).toBe('written');
        expect(await world.read('machine-1')).toEqual({ ...state, power: 'off' });
        await world.end(callId, DONE);
        expect((await begun(world, aCall())).state.power).toBe('off');
      });

      it('begin anew when the serial says that it is other hardware, but keep the fence', async () => {
        const world = open();
        const { callId } = await begun(world, aCall({ fence: 3 }));
        await world.write(callId, { power: 'off' });
        await world.end(callId, DONE);
        expect(await world.begin(aCall({ fence: 2, serial: 'SN-2' }))).toEqual({ kind: 'refused', highestFence: 3 });
        expect((await begun(world, aCall({ fence: 3, serial: 'SN-2' }))).state).toMatchObject({
          power: 'on',
          serial: 'SN-2',
        });
      });

      it('are forgotten beyond the bound, the one called longest ago first, but never one with a call going', async () => {
        const world = open({ keepMachines: 2 });
        await begun(world, aCall({ machineId: 'a' }));
        for (const machineId of ['b', 'c', 'b', 'd']) {
          const { callId } = await begun(world, aCall({ machineId }));
          await world.end(callId, DONE);
        }
        const known = await Promise.all(['a', 'b', 'c', 'd'].map((machineId) => world.read(machineId)));
        expect(known.map((state) => state !== null)).toEqual([true, false, false, true]);
      });
    });

    describe('the fence', () => {
      it('refuses an older token, takes an equal and a newer one', async () => {
        const world = open();
        await begun(world, aCall({ fence: 2 }));
        expect(await world.begin(aCall({ fence: 1 }))).toEqual({ kind: 'refused', highestFence: 2 });
        expect(await world.begin(aCall({ fence: 2 }))).toMatchObject({ kind: 'begun' });
        expect(await world.begin(aCall({ fence: 3 }))).toMatchObject({ kind: 'begun' });
        expect(await world.begin(aCall({ fence: 1, machineId: 'machine-2' }))).toMatchObject({ kind: 'begun' });
      });

      it('shuts out what a call writes once a newer one has begun', async () => {
        const world = open();
        const { callId } = await begun(world, aCall({ fence: 1 }));
        await begun(world, aCall({ fence: 2 }));
        expect(await world.write(callId, { power: 'off' })).toBe('stale');
        expect((await world.journal({})).entries.map(({ staleWrites }) => staleWrites)).toEqual([1, 0]);
        expect((await world.read('machine-1'))?.power).toBe('on');
      });
    });

    describe('the journal', () => {
      it('has every call with its token, its times and its end', async () => {
        let now = 5;
        const world = open({ clock: { now: () => now } });
        const { callId } = await begun(world, aCall({ fence: 2 }));
        await world.begin(aCall({ fence: 1 }));
        now = 9;
        await world.end(callId, { kind: 'failed', code: 'ABORTED' });
        const call = { machineId: 'machine-1', kind: 'perform', step: 'image', overlaps: [], staleWrites: 0 };
        const token = { runId: 'run-1', step: 0, attempt: 1 };
        expect(await world.journal({})).toEqual({
          dropped: 0,
          entries: [
            {
              ...call,
              number: 1,
              token: { ...token, fence: 2 },
              beganAt: 5,
              endedAt: 9,
              end: { kind: 'failed', code: 'ABORTED' },
            },
            {
              ...call,
              number: 2,
              token: { ...token, fence: 1 },
              beganAt: 5,
              endedAt: 5,
              end: { kind: 'refused', code: 'STALE_TOKEN' },
            },
          ],
        });
      });

      it('tells which calls to a machine were going when another began; a refused one never does', async () => {
        const world = open();
        const first = await begun(world, aCall({ fence: 2 }));
        await begun(world, aCall({ fence: 2, machineId: 'machine-2' }));
        await begun(world, aCall({ fence: 2 }));
        await world.begin(aCall({ fence: 1 }));
        await world.end(first.callId, DONE);
        await begun(world, aCall({ fence: 2 }));
        const { entries } = await world.journal({});
        expect(entries.map(({ overlaps }) => overlaps)).toEqual([[], [], [1], [], [3]]);
      });

      it('is read in parts, and lets the oldest ended calls go', async () => {
        const world = open({ keepCalls: 2 });
        await begun(world, aCall({ machineId: 'long' }));
        for (let i = 0; i < 3; i += 1) await world.end((await begun(world, aCall())).callId, DONE);
        const numbers = async (query: Parameters<FakeWorld['journal']>[0]) =>
          (await world.journal(query)).entries.map(({ number }) => number);
        expect(await numbers({})).toEqual([1, 3, 4]);
        expect(await numbers({ after: 1, limit: 1 })).toEqual([3]);
        expect(await numbers({ machineId: 'long' })).toEqual([1]);
        expect((await world.journal({})).dropped).toBe(1);
      });

      it('closes a call once', async () => {
        const world = open();
        const { callId } = await begun(world, aCall());
        await world.end(callId, DONE);
        await expect(world.end(callId, DONE)).rejects.toThrow(`call ${callId} is not going`);
      });
    });
  });
}
