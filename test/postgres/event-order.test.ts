import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Cursor, StoredEvent } from '../../src/core/ports/store.ts';
import type { TestDatabase, TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { Server } from './server.ts';
import { openTransaction } from './sessions.ts';

let postgres: TestPostgres;
let database: TestDatabase;
let server: Server;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  database = await postgres.createDatabase();
  server = await Server.open(database.url);
  await server.join('server-1');
});
afterEach(async () => {
  await server.store.close();
  await database.drop();
});

/** A transaction of somebody who takes his time: it has its id, and ends when it is told to. */
const slowTransaction = () => openTransaction(database, 'SELECT pg_current_xact_id()');

/** All events after a cursor that can be read now. */
async function readable(after: Cursor): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let cursor = after; ; ) {
    const tail = await server.store.tail(cursor, 100);
    if ('kind' in tail) throw new Error(tail.kind);
    events.push(...tail.events);
    if (tail.caughtUp) return events;
    cursor = tail.cursor;
  }
}

const names = (events: readonly StoredEvent[]) => events.map(({ machineId, kind }) => `${machineId} ${kind}`);

describe('a slow transaction that holds a low number open', () => {
  test('hides what commits after it from readers, who then see all of it, in order, none lost', async () => {
    const { store, fleet } = server;
    await fleet.register('m0');
    const from = await store.head();
    const slow = await slowTransaction();
    // Its own event gets the first number of all, and is committed last.
    await slow.query(
      `INSERT INTO bmdemo.events (epoch, machine_id, run_id, plan_id, subject, kind, revision, rests, at, actor, peer,
         request_id, method, server, reason, message, after)
       SELECT epoch, machine_id, '', '', 'machine', 'UPDATED', 2, false, at, 'slow', '', '', '', '', '', '', after
       FROM bmdemo.events`,
    );
    await fleet.registerAll(['m1', 'm2', 'm3']);
    expect(await readable(from)).toEqual([]);
    expect(await store.head()).toBe(from);
    const told = server.whenever(async () => (await readable(from)).length > 0);
    await slow.end('COMMIT');
    await told;
    const events = await readable(from);
    expect(names(events)[0]).toBe('m0 UPDATED');
    expect(names(events).toSorted()).toEqual(['m0 UPDATED', 'm1 REGISTERED', 'm2 REGISTERED', 'm3 REGISTERED']);
    expect(events.at(-1)?.cursor).toBe(await store.head());
  });

  test('shows what was committed before it, and lets readers go on from there', async () => {
    const { store, fleet } = server;
    const from = await store.head();
    await fleet.register('m1');
    const slow = await slowTransaction();
    await fleet.register('m2');
    const before = await readable(from);
    expect(names(before)).toEqual(['m1 REGISTERED']);
    await slow.end('ROLLBACK');
    await server.whenever(async () => (await readable(from)).length === 2);
    expect(names(await readable(before[0]?.cursor ?? ''))).toEqual(['m2 REGISTERED']);
  });

  test('keeps neither commands nor claims nor logs waiting', async () => {
    const { store, fleet } = server;
    await fleet.register('m1');
    const slow = await slowTransaction();
    const held = await fleet.startAndBegin('m1', {}, 'server-1');
    await fleet.announce(held);
    const line = { at: 0, stream: 'stdout', data: Uint8Array.of(65), step: 'reboot', attempt: 1 } as const;
    const progress = { step: 0, attempt: 1, current: 1, total: 2, unit: '', note: '' };
    expect(await store.appendLogs([{ ...held, lines: [line], progress }])).toEqual([]);
    expect(await store.logs(held.runId, 0, 10)).toHaveLength(1);
    await fleet.cancel('m1', held.runId);
    expect(await store.stopping('server-1')).toEqual([held.runId]);
    await fleet.stopped(held);
    expect((await store.run(held.runId))?.run.phase).toBe('CANCELED');
    await slow.end('ROLLBACK');
  });

  test('keeps progress until it is over, and then it is told once', async () => {
    const { store, fleet } = server;
    await fleet.register('m1');
    const held = await fleet.startAndBegin('m1', {}, 'server-1');
    await fleet.announce(held);
    const slow = await slowTransaction();
    const progress = { step: 0, attempt: 1, current: 1, total: 2, unit: '', note: '' };
    await store.appendLogs([{ ...held, lines: [], progress }]);
    expect(await store.progress(0)).toEqual({ changes: [], next: 0 });
    let after = 0;
    const seen: unknown[] = [];
    const told = server.whenever(async () => {
      const { changes, next } = await store.progress(after);
      seen.push(...changes);
      after = next;
      return seen.length > 0;
    });
    await slow.end('COMMIT');
    await told;
    expect(seen).toEqual([{ runId: held.runId, progress }]);
    expect((await store.progress(after)).changes).toEqual([]);
  });

  test('is told of as a lag, and is gone with it', async () => {
    const { store, fleet } = server;
    const slow = await slowTransaction();
    await fleet.register('m1');
    await database.query("UPDATE bmdemo.events SET at = at - 60000 WHERE machine_id = 'm1'");
    expect((await store.health()).lagMs).toBeGreaterThanOrEqual(60_000);
    await slow.end('ROLLBACK');
    await server.whenever(async () => (await store.health()).lagMs === 0);
    expect((await store.health()).lagMs).toBe(0);
  });

  test('does not take the place of its events away when retention comes by', async () => {
    const { store, fleet } = server;
    await fleet.register('m1');
    const slow = await slowTransaction();
    for (const key of ['a', 'b', 'c']) await fleet.label('m1', key, 'x');
    const none = { ageMs: null, count: null };
    while (await store.sweep({ runs: none, logs: none, events: { ageMs: null, count: 0 } }));
    await slow.end('ROLLBACK');
    const [row] = await database.query('SELECT count(*)::integer AS n FROM bmdemo.events');
    expect(row?.n).toBe(3);
  });
});

test('many writers at once: a reader that follows sees every event once, each machine’s in its order', async () => {
  const { store, fleet } = server;
  const machines = Array.from({ length: 8 }, (_, at) => `m${at}`);
  const from = await store.head();
  const follow = async () => {
    const events: StoredEvent[] = [];
    for (let cursor = from; ; ) {
      const more = server.hint((hint) => hint.events === true);
      const tail = await store.tail(cursor, 7);
      if ('kind' in tail) throw new Error(tail.kind);
      events.push(...tail.events);
      cursor = tail.cursor;
      if (!tail.caughtUp) continue;
      if (events.at(-1)?.machineId === 'last') return events;
      await more;
    }
  };
  const following = follow();
  await fleet.registerAll(machines);
  await Promise.all(
    machines.map(async (machineId) => {
      for (let count = 0; count < 15; count += 1) await fleet.label(machineId, 'count', String(count));
    }),
  );
  await fleet.register('last');
  const events = await following;
  expect(events).toHaveLength(8 * 16 + 1);
  expect(new Set(events.map(({ cursor }) => cursor)).size).toBe(events.length);
  for (const machineId of machines) {
    const revisions = events.filter((event) => event.machineId === machineId).map(({ revision }) => revision);
    expect(revisions).toEqual(Array.from({ length: 16 }, (_, at) => at + 1));
  }
});

describe('a log of elsewhere', () => {
  /** What a dump holds, put into another database: the log with the places it had. */
  const restoreInto = async (other: TestDatabase, xidsAhead: number) => {
    const events = await database.query('SELECT to_jsonb(e) AS row FROM bmdemo.events AS e ORDER BY number');
    for (const { row } of events) {
      const event = row as { xid: string };
      const moved = { ...event, xid: String(Number(event.xid) + xidsAhead) };
      await other.query(
        'INSERT INTO bmdemo.events OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::bmdemo.events, $1)',
        [JSON.stringify(moved)],
      );
    }
    const [log] = await database.query('SELECT epoch, tag, home FROM bmdemo.event_log');
    await other.query('UPDATE bmdemo.event_log SET epoch = $1, tag = $2, home = $3', [log?.epoch, log?.tag, log?.home]);
    await other.query("SELECT setval(pg_get_serial_sequence('bmdemo.events', 'number'), 1000)");
  };

  test.each([
    ['of the same age', 0],
    ['whose transactions are far ahead of this one’s', 1_000_000],
  ])('restored from one %s: old cursors are refused, a new watch sees everything, in order', async (_, ahead) => {
    await server.fleet.registerAll(['m1', 'm2']);
    const start = await server.store.head();
    await server.fleet.register('m3');
    const other = await postgres.createDatabase();
    await (await Server.open(other.url)).store.close();
    await restoreInto(other, ahead);
    const restored = await Server.open(other.url);
    expect(await restored.store.tail(start, 10)).toEqual({ kind: 'expired' });
    await restored.fleet.register('m4');
    const [first] = await other.query('SELECT tag FROM bmdemo.event_log');
    const tail = await restored.store.tail(`p${String(first?.tag)}.0.0.0`, 10);
    if ('kind' in tail) throw new Error(tail.kind);
    expect(tail.events.map(({ machineId }) => machineId).toSorted()).toEqual(['m1', 'm2', 'm3', 'm4']);
    expect(tail.events.at(-1)?.machineId).toBe('m4');
    const again = await restored.store.tail(tail.events[0]?.cursor ?? '', 10);
    expect('events' in again ? again.events.length : again.kind).toBe(3);
    await restored.store.close();
    await other.drop();
  });

  test('that is this one still goes on under its old cursors when it is opened again', async () => {
    const start = await server.store.head();
    await server.fleet.register('m1');
    const again = await Server.open(database.url);
    const tail = await again.store.tail(start, 10);
    expect('events' in tail ? names(tail.events) : tail.kind).toEqual(['m1 REGISTERED']);
    await again.store.close();
  });

  test('that was put back to an earlier time does not know the places that were given since', async () => {
    const [log] = await database.query('SELECT tag, epoch FROM bmdemo.event_log');
    const ahead = `p${String(log?.tag)}.${String(log?.epoch)}.999999999.1`;
    expect(await server.store.tail(ahead, 10)).toEqual({ kind: 'expired' });
  });
});
