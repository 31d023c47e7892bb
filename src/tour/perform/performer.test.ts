import { describe, expect, it, onTestFinished } from 'vitest';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { putInOrder } from '../prepare/prepare.ts';
import { Room } from '../room/room.ts';
import type { Scene } from '../room/verdict.ts';
import type { Command, Condition } from '../script/script.ts';
import { ServerDouble } from '../testing/client-double.ts';
import { Performer } from './performer.ts';

const { signal } = new AbortController();
const FILES = { 'racks.csv': 'id\na\n', 'own.yaml': 'plan_id: own' };

/** A performer of a server that is the tour's own, or somebody else's. */
async function performing(ownServer = true) {
  const server = new ServerDouble();
  const host = { ...server.host, ownServer };
  const room = new Room(new VirtualClock(0));
  const performer = new Performer(host, room, FILES);
  await performer.startServer('memory', signal);
  await server.importMachines(1);
  onTestFinished(() => {
    room.close();
    performer.close();
  });
  const perform = (command: Command) => performer.perform(command, 0, () => 'machine-1', 'new', signal);
  return { server, host, room, performer, perform };
}

describe('a performer', () => {
  it('imports a file of the walk, and keeps what became of its machines', async () => {
    const { server, performer, perform } = await performing();
    expect(await perform({ kind: 'import-file', file: 'racks.csv' })).toBe('0 machines');
    expect(server.calls).toContain('importFile racks.csv');
    expect(performer.facts.imported).toEqual({ file: 'racks.csv', rows: [], summary: '0 machines' });
    performer.forget(0);
    expect(performer.facts.imported).toBeNull();
  });

  it('starts a run of any plan, whose type the plan says', async () => {
    const { server, perform } = await performing();
    const start = { machine: 'one', as: 'trial', params: {}, reason: '', requestId: '', detach: false };
    await perform({ kind: 'start', run: null, plan: 'own', ...start });
    expect(server.calls).toContain('startRun machine-1 own');
  });

  it('cancels a run with the reason that its command shows', async () => {
    const { server, perform } = await performing();
    const start = { machine: 'one', as: 'trial', params: {}, reason: '', requestId: '', detach: false };
    await perform({ kind: 'start', run: 'repave', plan: '', ...start });
    await perform({ kind: 'cancel', run: 'trial', reason: 'it was not to be {one}' });
    expect(server.calls.at(-1)).toMatch(/^cancelRun .* it was not to be machine-1$/);
  });

  it('stops its own server in mid-work and starts it again, and lets one of somebody else alone', async () => {
    const own = await performing();
    expect(await own.perform({ kind: 'restart' })).toMatch(/^stopped with 0 runs under way, and started again at /);
    expect(own.server.calls).toContain('restart');
    const other = await performing(false);
    await expect(other.perform({ kind: 'restart' })).rejects.toThrow(
      /is not the tour's own: stop it and start it again/,
    );
    expect(other.server.calls).not.toContain('restart');
  });
});

describe('a store that outlives its server', () => {
  const needs: readonly Condition[] = [{ kind: 'store', is: 'durable' }];

  async function prepare(ownServer: boolean, store: string) {
    const { server, host, room, performer } = await performing(ownServer);
    server.store = store;
    const orders: string[] = [];
    const scene = (): Scene => ({
      view: room.view,
      machineOf: () => 'machine-1',
      runs: new Map(),
      many: [],
      plans: [],
      store: performer.facts.store,
      epoch: 0,
    });
    const onOrders = (told: readonly { text: string }[]) =>
      void orders.splice(0, orders.length, ...told.map((one) => one.text));
    // Whatever it is started with from now on is in a file.
    host.start = (keptIn, until) => {
      if (keptIn === 'file') server.store = 'sqlite';
      return server.host.start(keptIn, until);
    };
    await putInOrder(needs, { room, performer, host, scene, onOrders, signal });
    return { orders, store: performer.facts.store };
  }

  it('is brought about by starting the server anew, where it has none', async () => {
    expect(await prepare(true, 'memory')).toEqual({
      orders: ['bmdemo serve --store sqlite:talk.db'],
      store: 'sqlite',
    });
    expect(await prepare(true, 'sqlite')).toEqual({ orders: [], store: 'sqlite' });
  });

  it('is asked of somebody else’s server, which is not started anew', async () => {
    expect(await prepare(false, 'postgres')).toEqual({ orders: [], store: 'postgres' });
    await expect(prepare(false, 'memory')).rejects.toThrow(/keeps its state in memory, and is not the tour's own/);
  });
});
