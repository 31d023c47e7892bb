import { beforeEach, describe, expect, test } from 'vitest';
import { FLAKED } from '../../src/core/domain/testing.ts';
import type { LogDraft, LogLine, Store } from '../../src/core/ports/store.ts';
import type { Fleet, Held } from '../support/fleet.ts';
import type { StoreFactory } from './fixture.ts';
import { opening } from './fixture.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = ({ data }: Pick<LogLine, 'data'>) => new TextDecoder().decode(data);

function line(said: string, with_: Partial<LogDraft> = {}): LogDraft {
  return { at: 1_000, stream: 'stdout', data: bytes(said), step: 'reboot', attempt: 1, ...with_ };
}

function progressAt(current: number): {
  step: number;
  attempt: number;
  current: number;
  total: number;
  unit: string;
  note: string;
} {
  return { step: 0, attempt: 1, current, total: 100, unit: '%', note: '' };
}

/** What logs and progress promise. */
export function logContract(factory: StoreFactory): void {
  const open = opening(factory);
  let store: Store;
  let fleet: Fleet;
  let held: Held;
  beforeEach(async () => {
    ({ store, fleet } = await open());
    await fleet.register('m1');
    held = await fleet.startAndBegin('m1');
    await fleet.announce(held);
  });

  const write = (...said: readonly string[]) =>
    store.appendLogs([{ ...held, lines: said.map((one) => line(one)), progress: null }]);
  const numbered = async (of: Store, runId: string, after = 0, limit = 1_000) =>
    (await of.logs(runId, after, limit)).map((one) => `${one.sequence} ${text(one)}`);

  describe('lines', () => {
    test('of a run that has said nothing, or is not there, are none', async () => {
      expect(await store.logs(held.runId, 0, 10)).toEqual([]);
      expect(await store.logs('run-x', 0, 10)).toEqual([]);
    });

    test('come back as they were written, numbered from 1', async () => {
      const lines = [
        line('DHCP offer 192.0.2.1'),
        line('', { at: 2_000, stream: 'stderr' }),
        line('Größe 10 µm ✓', { at: 1_500, step: 'verify', attempt: 3 }),
        { ...line(''), data: Uint8Array.of(0, 255, 10, 13) },
      ];
      expect(await store.appendLogs([{ ...held, lines, progress: null }])).toEqual([]);
      const read = await store.logs(held.runId, 0, 10);
      expect(read.map(({ data, ...rest }) => ({ ...rest, data: [...data] }))).toEqual(
        lines.map(({ data, ...rest }, at) => ({ ...rest, data: [...data], sequence: at + 1 })),
      );
    });

    test('keep their order and count on over batches', async () => {
      await write('a', 'b');
      await store.appendLogs([
        { ...held, lines: [line('c')], progress: null },
        { ...held, lines: [line('d'), line('e')], progress: null },
      ]);
      expect(await numbered(store, held.runId)).toEqual(['1 a', '2 b', '3 c', '4 d', '5 e']);
    });

    test('are read from any number on, in pieces', async () => {
      const said = Array.from({ length: 700 }, (_, at) => `line ${at + 1}`);
      await write(...said);
      const all = said.map((one, at) => `${at + 1} ${one}`);
      expect(await numbered(store, held.runId, 0)).toEqual(all);
      expect(await numbered(store, held.runId, 0, 3)).toEqual(all.slice(0, 3));
      expect(await numbered(store, held.runId, 300, 130)).toEqual(all.slice(300, 430));
      expect(await numbered(store, held.runId, 699, 10)).toEqual(all.slice(699));
      expect(await numbered(store, held.runId, 700, 10)).toEqual([]);
      expect(await numbered(store, held.runId, 9_999, 10)).toEqual([]);
    });

    test('are of one run each', async () => {
      await fleet.register('m2');
      const other = await fleet.startAndBegin('m2');
      await store.appendLogs([
        { ...held, lines: [line('of m1')], progress: null },
        { ...other, lines: [line('of m2')], progress: null },
      ]);
      expect(await numbered(store, held.runId)).toEqual(['1 of m1']);
      expect(await numbered(store, other.runId)).toEqual(['1 of m2']);
    });

    test('belong to the store: what the writer does with its buffer afterwards changes nothing', async () => {
      const data = bytes('mine');
      await store.appendLogs([{ ...held, lines: [{ ...line(''), data }], progress: null }]);
      data.fill(0x2d);
      expect(await numbered(store, held.runId)).toEqual(['1 mine']);
    });

    test('stay readable when the run has ended', async () => {
      await write('first');
      await fleet.end(held, { kind: 'done', message: '' });
      await write('last');
      await fleet.succeed(held);
      expect(await numbered(store, held.runId)).toEqual(['1 first', '2 last']);
    });

    test('write no event', async () => {
      const head = await store.head();
      await write('a');
      expect(await store.head()).toBe(head);
    });
  });

  describe('the fence', () => {
    test('keeps out whoever does not own the run, and says so; the others’ batches are taken', async () => {
      const wrong = [
        { ...held, owner: 'server-2' },
        { ...held, fence: held.fence + 1 },
        { ...held, fence: held.fence - 1 },
      ];
      for (const one of wrong) {
        const batches = [
          { ...one, lines: [line('wrong')], progress: progressAt(1) },
          { ...held, lines: [line('right')], progress: null },
        ];
        expect(await store.appendLogs(batches)).toEqual([held.runId]);
      }
      expect(await store.appendLogs([{ ...held, runId: 'run-x', lines: [line('a')], progress: null }])).toEqual([
        'run-x',
      ]);
      expect(await numbered(store, held.runId)).toEqual(['1 right', '2 right', '3 right']);
      expect((await store.run(held.runId))?.progress).toBeNull();
    });

    test('a run that is refused twice is told once, and an empty batch is told too', async () => {
      const none = { ...held, owner: 'server-2', lines: [], progress: null };
      expect(await store.appendLogs([none, none])).toEqual([held.runId]);
      expect(await store.appendLogs([{ ...held, lines: [], progress: null }])).toEqual([]);
    });

    test('a run in back-off, given up, or ended takes nothing more', async () => {
      await fleet.end(held, FLAKED, 0.9);
      expect(await write('late')).toEqual([held.runId]);
      await fleet.register('m2');
      const released = await fleet.startAndBegin('m2');
      await store.release(released, released.owner);
      expect(await store.appendLogs([{ ...released, lines: [line('late')], progress: null }])).toEqual([
        released.runId,
      ]);
      const next = await fleet.claim('server-2');
      await fleet.succeed(next);
      expect(await store.appendLogs([{ ...next, lines: [line('late')], progress: null }])).toEqual([next.runId]);
      expect(await store.logs(held.runId, 0, 10)).toEqual([]);
    });

    test('a run that has ended while its call goes on takes its last lines, until the call has returned', async () => {
      await fleet.cancel('m1', held.runId);
      expect(await write('going down')).toEqual([]);
      await fleet.stopped(held);
      expect(await write('too late')).toEqual([held.runId]);
      expect(await numbered(store, held.runId)).toEqual(['1 going down']);
    });
  });

  describe('a log that is too long', () => {
    const openShort = async (limits: { logLines?: number; logBytes?: number }) => {
      const opened = await open(limits);
      await opened.fleet.register('m1');
      const short = await opened.fleet.startAndBegin('m1');
      const say = (from: number, to: number, width = 0) => {
        const lines = Array.from({ length: to - from + 1 }, (_, at) =>
          line(`n${from + at}`.padEnd(width, '.'), { at: 1_000 + from + at, step: `step-${from + at}`, attempt: 2 }),
        );
        return opened.store.appendLogs([{ ...short, lines, progress: null }]);
      };
      const sequences = async (after = 0) =>
        (await opened.store.logs(short.runId, after, 1_000)).map(({ sequence }) => sequence);
      return { ...opened, short, say, sequences };
    };

    test('loses its middle: the first half stays, the last half moves on, a line tells how many are gone', async () => {
      const { store, short, say, sequences } = await openShort({ logLines: 10 });
      await say(1, 9);
      expect(await sequences()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      await say(10, 12);
      expect(await sequences()).toEqual([1, 2, 3, 4, 5, 8, 9, 10, 11, 12]);
      await say(13, 400);
      await say(401, 401);
      expect(await sequences()).toEqual([1, 2, 3, 4, 5, 397, 398, 399, 400, 401]);
      const gap = (await store.logs(short.runId, 5, 1))[0];
      expect(gap).toMatchObject({ sequence: 397, stream: 'stderr', at: 1_397, step: 'step-397', attempt: 2 });
      expect(text(gap as LogLine)).toContain('392 lines were dropped');
    });

    test('is read from any number, also from one that is gone', async () => {
      const { sequences, say } = await openShort({ logLines: 10 });
      await say(1, 100);
      expect(await sequences(3)).toEqual([4, 5, 96, 97, 98, 99, 100]);
      expect(await sequences(5)).toEqual([96, 97, 98, 99, 100]);
      expect(await sequences(50)).toEqual([96, 97, 98, 99, 100]);
      expect(await sequences(96)).toEqual([97, 98, 99, 100]);
      expect(await sequences(98)).toEqual([99, 100]);
      expect(await sequences(100)).toEqual([]);
    });

    test('also where it is its bytes that are too many', async () => {
      const { sequences, say } = await openShort({ logBytes: 100 });
      await say(1, 10, 10);
      expect(await sequences()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      await say(11, 12, 10);
      expect(await sequences()).toEqual([1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12]);
      await say(13, 13, 45);
      expect(await sequences()).toEqual([1, 2, 3, 4, 5, 12, 13]);
    });

    test('keeps its order where a short line would still have fitted into the first half', async () => {
      const { sequences, say } = await openShort({ logBytes: 100 });
      await say(1, 2, 30);
      await say(3, 3);
      expect(await sequences()).toEqual([1, 2, 3]);
      await say(4, 4, 45);
      expect(await sequences()).toEqual([1, 2, 3, 4]);
    });
  });

  describe('progress', () => {
    const tell = (current: number, of: Held = held) =>
      store.appendLogs([{ ...of, lines: [], progress: progressAt(current) }]);

    test('stands beside the run, the last one wins, and its history knows nothing of it', async () => {
      const before = await store.load('m1');
      await tell(10);
      await tell(20);
      expect((await store.run(held.runId))?.progress).toEqual(progressAt(20));
      const { rows } = await store.runs({
        filter: { clauses: [] },
        orderBy: 'created_at',
        descending: true,
        limit: 10,
        after: null,
      });
      expect(rows[0]?.progress).toEqual(progressAt(20));
      expect(await store.load('m1')).toEqual(before);
    });

    test('is told to whoever asks since when, each run once', async () => {
      const first = await store.progress(0);
      expect(first.changes).toEqual([]);
      await fleet.register('m2');
      const other = await fleet.startAndBegin('m2');
      await tell(10);
      await tell(5, other);
      await tell(20);
      const second = await store.progress(first.next);
      expect(second.changes.toSorted((a, b) => (a.runId < b.runId ? -1 : 1))).toEqual(
        [
          { runId: held.runId, progress: progressAt(20) },
          { runId: other.runId, progress: progressAt(5) },
        ].toSorted((a, b) => (a.runId < b.runId ? -1 : 1)),
      );
      expect(await store.progress(second.next)).toEqual({ changes: [], next: second.next });
      await tell(6, other);
      expect((await store.progress(second.next)).changes).toEqual([{ runId: other.runId, progress: progressAt(6) }]);
      expect((await store.progress(0)).changes).toHaveLength(2);
    });

    test('ends with the run', async () => {
      await tell(10);
      await fleet.cancel('m1', held.runId);
      expect((await store.run(held.runId))?.progress).toBeNull();
      expect((await store.progress(0)).changes).toEqual([]);
      expect(await tell(20)).toEqual([]);
      expect((await store.run(held.runId))?.progress).toBeNull();
    });

    test('stays through a back-off', async () => {
      await tell(10);
      await fleet.end(held, FLAKED, 0.9);
      expect((await store.run(held.runId))?.progress).toEqual(progressAt(10));
    });
  });
}
