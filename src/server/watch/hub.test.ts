import { fromBinary } from '@bufbuild/protobuf';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Fleet } from '../../../test/support/fleet.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { EVERYTHING } from '../../core/domain/filter.ts';
import type { Progress } from '../../core/domain/run.ts';
import type { Hint, Store, StoredEvent } from '../../core/ports/store.ts';
import { Encoded } from '../../wire/bridge.ts';
import type { RunEvent } from '../../wire/gen/baremetal/v1/event_pb.ts';
import { RunEventSchema } from '../../wire/gen/baremetal/v1/event_pb.ts';
import { createMemoryStore } from '../stores/memory/store.ts';
import { EventReader } from './event-reader.ts';
import { Hub } from './hub.ts';
import { watchRuns } from './watch.ts';

const SILENT = pino({ level: 'silent' });

async function hubOver(wrap: (store: Store) => Partial<Store> = () => ({}), keep = 10_000) {
  const clock = new VirtualClock();
  const memory = createMemoryStore({ clock });
  const store = { ...memory, ...wrap(memory) };
  const hub = new Hub(store, clock, SILENT, keep);
  await hub.start();
  onTestFinished(() => hub.stop());
  const settled = () => clock.advance(0);
  await settled();
  return { hub, store, clock, fleet: new Fleet(store), settled };
}

async function readAll(reader: EventReader): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (;;) {
    const entries = await reader.read();
    if (entries.length === 0) return events;
    events.push(...entries.map(({ event }) => event));
  }
}

async function logOf(store: Store, cursor: string): Promise<readonly StoredEvent[]> {
  const tail = await store.tail(cursor, 100_000);
  if ('kind' in tail) throw new Error(tail.kind);
  return tail.events;
}

describe('EventReader', () => {
  it('reads what the hub has out of its ring, and knows when it is at the end', async () => {
    const { hub, store, fleet, settled } = await hubOver();
    const begin = await store.head();
    const reader = new EventReader(hub, begin);
    await fleet.registerAll(['m1', 'm2', 'm3']);
    await settled();
    expect(await readAll(reader)).toEqual(await logOf(store, begin));
    expect(reader.caughtUp).toBe(true);
    expect(hub.ring.end).toBe(3);
  });

  it('reads from the store what fell out of the ring, and goes on in the ring', async () => {
    const { hub, store, fleet, settled } = await hubOver(undefined, 8);
    const begin = await store.head();
    const slow = new EventReader(hub, begin);
    await fleet.register('m0');
    await settled();
    const first = await slow.read();
    expect(first).toHaveLength(1);
    await fleet.registerAll(Array.from({ length: 300 }, (_, n) => `late-${n}`));
    await settled();
    expect(hub.ring.end - hub.ring.first).toBe(8);
    const rest = await readAll(slow);
    expect([first[0]?.event, ...rest]).toEqual(await logOf(store, begin));
    expect(slow.caughtUp).toBe(true);
    await fleet.register('last');
    await settled();
    const other = await new EventReader(hub, rest.at(-1)?.cursor ?? '').read();
    expect((await slow.read())[0]).toBe(other[0]);
    expect(other).toHaveLength(1);
  });

  it('begins at any cursor, also before the ring and between two entries of it', async () => {
    const { hub, store, fleet, settled } = await hubOver(undefined, 8);
    const begin = await store.head();
    await fleet.registerAll(Array.from({ length: 20 }, (_, n) => `m${n}`));
    await settled();
    const events = await logOf(store, begin);
    for (const [index, { cursor }] of events.entries()) {
      expect(await readAll(new EventReader(hub, cursor))).toEqual(events.slice(index + 1));
    }
  });

  it('encodes a message once for all whose filter passes it', async () => {
    const { hub, store, fleet, settled } = await hubOver();
    const begin = await store.head();
    await fleet.register('m1');
    await settled();
    const [one] = await new EventReader(hub, begin).read();
    const [other] = await new EventReader(hub, begin).read();
    const named = { clauses: [{ field: 'machine_id', key: '', op: '=', value: 'm1' } as const] };
    expect(one?.auditFor(EVERYTHING)).toBe(other?.auditFor(named));
    expect(one?.auditFor(EVERYTHING)).not.toBeNull();
    if (one?.subject !== 'machine') return expect.unreachable('it is an event of a machine');
    expect(one.messageFor(EVERYTHING)).toBe(one.messageFor(named));
    expect(one.messageFor(EVERYTHING)).not.toBeNull();
  });
});

describe('Hub', () => {
  it('finds out about events without a hint, within two seconds', async () => {
    const { hub, fleet, clock } = await hubOver(() => ({ subscribe: () => () => {} }));
    await fleet.register('m1');
    await clock.advance(1_999);
    expect(hub.ring.end).toBe(0);
    const { count } = hub.news;
    await clock.advance(1);
    expect(hub.ring.end).toBe(1);
    expect(hub.news.count).toBeGreaterThan(count);
  });

  it('goes on after a store that did not answer', async () => {
    let away = false;
    const { hub, fleet, clock, settled } = await hubOver((store) => ({
      tail: (...args) => (away ? Promise.reject(new Error('away')) : store.tail(...args)),
    }));
    away = true;
    await fleet.register('m1');
    await settled();
    away = false;
    expect(hub.ring.end).toBe(0);
    await clock.advance(500);
    expect(hub.ring.end).toBe(1);
  });

  it('begins anew where the log has moved on without it, and its readers with it', async () => {
    let expired = false;
    const { hub, store, fleet, settled } = await hubOver((memory) => ({
      tail: async (cursor, limit) => {
        if (!expired) return memory.tail(cursor, limit);
        expired = false;
        return { kind: 'expired' };
      },
    }));
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1');
    await settled();
    const reader = new EventReader(hub, hub.ring.cursor);
    expect(await reader.read()).toEqual([]);
    const before = hub.ring;
    const begin = await store.head();
    expired = true;
    await fleet.announce(held);
    await settled();
    expect(hub.ring).not.toBe(before);
    expect(hub.live.get(held.runId)?.revision).toBe(3);
    await fleet.register('m2');
    await settled();
    expect(await readAll(reader)).toEqual(await logOf(store, begin));
  });

  it('keeps the runs that have not come to rest, and forgets those that have', async () => {
    const { hub, fleet, settled } = await hubOver();
    await fleet.registerAll(['m1', 'm2']);
    const done = await fleet.startAndBegin('m1');
    const canceled = await fleet.startAndBegin('m2');
    await fleet.announce(canceled);
    await settled();
    expect(hub.live.get(done.runId)?.phase).toBe('RUNNING');
    await fleet.succeed(done);
    await fleet.cancel('m2', canceled.runId);
    await settled();
    expect(hub.live.get(done.runId)).toBeNull();
    expect(hub.live.get(canceled.runId)).toMatchObject({ phase: 'CANCELED', stopping: true });
    await fleet.stopped(canceled);
    await settled();
    expect(hub.live.get(canceled.runId)).toBeNull();
  });

  it('starts with the runs that there are', async () => {
    const clock = new VirtualClock();
    const store = createMemoryStore({ clock });
    const fleet = new Fleet(store);
    await fleet.register('m1');
    const { runId } = await fleet.startAndBegin('m1');
    const hub = new Hub(store, clock, SILENT);
    await hub.start();
    onTestFinished(() => hub.stop());
    expect(hub.live.get(runId)?.phase).toBe('RUNNING');
    expect(hub.ring.cursor).toBe(await store.head());
  });

  it('says what a machine waits for by its run', async () => {
    const { hub, store, fleet, settled } = await hubOver();
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1');
    await fleet.announce(held);
    const machine = async () => (await store.machine('m1')) ?? expect.unreachable();
    // Before and after the hub has heard of it.
    expect(await hub.waitOf(await machine())).toMatchObject({ kind: 'provider', runId: held.runId });
    await settled();
    expect(await hub.waitOf(await machine())).toMatchObject({ kind: 'provider', runId: held.runId });
  });

  it('asks nothing of the store once it has stopped', async () => {
    let asked = 0;
    const { hub, fleet, clock } = await hubOver((store) => ({
      tail: (...args) => {
        asked += 1;
        return store.tail(...args);
      },
    }));
    await hub.stop();
    const before = asked;
    await fleet.register('m1');
    await clock.advance(60_000);
    expect(asked).toBe(before);
    expect(clock.pending).toBe(0);
  });
});

type Watch = ReturnType<typeof watchRuns>;

/** What a watch has sent, as its client sees it; undefined where that was its end. */
function toldBy({ value }: Awaited<ReturnType<Watch['next']>>): RunEvent | undefined {
  return value instanceof Encoded ? fromBinary(RunEventSchema, value.bytes) : (value ?? undefined);
}

/** What a watch sends next; undefined where that does not come by itself. */
async function nextOf(watch: Watch, settled: () => Promise<void>, meanwhile = () => {}): Promise<RunEvent | undefined> {
  let told: RunEvent | undefined;
  void watch.next().then((result) => {
    told = toldBy(result);
  });
  await settled();
  meanwhile();
  await settled();
  return told;
}

/** A run whose first step has come so far. */
const at = (current: number) => ({ steps: [{ progress: { current } }] });

describe('progress', () => {
  async function withProgress(watchers: number, runs: number) {
    let tell: (hint: Hint) => void = () => {};
    const changes = new Map<string, Progress>();
    let number = 0;
    const made = await hubOver((store) => ({
      subscribe: (listener) => {
        tell = listener;
        return store.subscribe(listener);
      },
      progress: async () => {
        const told = [...changes].map(([runId, progress]) => ({ runId, progress }));
        changes.clear();
        return { changes: told, next: ++number };
      },
    }));
    const ids: string[] = [];
    for (let n = 0; n < runs; n += 1) {
      await made.fleet.register(`m${n}`);
      const held = await made.fleet.startAndBegin(`m${n}`);
      await made.fleet.announce(held);
      ids.push(held.runId);
    }
    await made.settled();
    const seen: number[] = Array.from({ length: watchers }, () => 0);
    for (const watcher of seen.keys()) void follow(watcher);
    await made.settled();
    const progress = (current: number) => {
      for (const id of ids) changes.set(id, { step: 0, attempt: 1, current, total: 10, unit: '%', note: '' });
      tell({ progress: true });
    };
    return { ...made, seen, progress };

    async function follow(watcher: number): Promise<void> {
      const { signal } = new AbortController();
      const request = { filter: EVERYTHING, afterCursor: await made.store.head(), signal };
      for await (const _ of watchRuns(made.hub, request)) seen[watcher] = (seen[watcher] ?? 0) + 1;
    }
  }

  it('goes to every watcher at most four times a second, with the last value alone', async () => {
    const { clock, seen, progress, settled } = await withProgress(2, 1);
    for (let current = 0; current < 10; current += 1) {
      progress(current);
      await settled();
    }
    expect(seen).toEqual([1, 1]);
    await clock.advance(250);
    expect(seen).toEqual([2, 2]);
    await clock.advance(10_000);
    expect(seen).toEqual([2, 2]);
  });

  it('that comes in while a watcher is still at its opening snapshot goes to that one, too', async () => {
    const { hub, seen, progress, settled } = await withProgress(1, 1);
    const { signal } = new AbortController();
    const late = watchRuns(hub, { filter: EVERYTHING, afterCursor: '', signal });
    await late.next();
    progress(7);
    await settled();
    expect(seen).toEqual([1]);
    expect(await nextOf(late, settled)).toMatchObject({ kind: 'PROGRESS', snapshot: at(7) });
  });

  it('is told although the store did not answer what was asked behind it', async () => {
    let away = false;
    const { hub, store, fleet, clock, settled } = await hubOver((memory) => ({
      tail: (...args) => (away ? Promise.reject(new Error('away')) : memory.tail(...args)),
    }));
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1');
    await fleet.announce(held);
    await settled();
    const { signal } = new AbortController();
    const watch = watchRuns(hub, { filter: EVERYTHING, afterCursor: await store.head(), signal });
    const next = watch.next();
    await settled();
    away = true;
    const progress = { step: 0, attempt: 1, current: 7, total: 10, unit: '%', note: '' };
    await store.appendLogs([{ ...held, lines: [], progress }]);
    await settled();
    away = false;
    await clock.advance(500);
    expect(toldBy(await next)).toMatchObject({ kind: 'PROGRESS', snapshot: at(7) });
  });

  it('of every run comes to a slow watcher, whatever happens while the one before it is on its way', async () => {
    const { hub, store, fleet, progress, settled } = await withProgress(0, 3);
    const { signal } = new AbortController();
    const slow = watchRuns(hub, { filter: EVERYTHING, afterCursor: await store.head(), signal });
    const told = [await nextOf(slow, settled, () => progress(7))];
    for (const machineId of ['one', 'another']) {
      await fleet.register(machineId);
      await settled();
      told.push(await nextOf(slow, settled));
    }
    expect(told).toMatchObject(
      [0, 1, 2].map((n) => ({ kind: 'PROGRESS', snapshot: { machineId: `m${n}`, ...at(7) } })),
    );
  });

  it('goes less often where it would be too much for all watchers together', async () => {
    // 50 watchers of 100 runs: 5,000 messages a time, of which the server makes 10,000 a second.
    const { clock, seen, progress, settled } = await withProgress(50, 100);
    progress(1);
    await settled();
    expect(seen.every((count) => count === 100)).toBe(true);
    progress(2);
    await clock.advance(499);
    expect(seen.every((count) => count === 100)).toBe(true);
    await clock.advance(1);
    expect(seen.every((count) => count === 200)).toBe(true);
  });
});
