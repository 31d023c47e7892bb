import { describe, expect, it } from 'vitest';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import type { Claim, LogBatch, Store } from '../ports/store.ts';
import type { LogWriter } from './log-writer.ts';
import { createLogWriter, FLUSH_AFTER_MS, FLUSH_AT_BYTES, MAX_WAITING_BYTES, PROGRESS_EVERY_MS } from './log-writer.ts';

const CLAIM: Claim = { runId: 'run-1', machineId: 'm1', fence: 7 };

/** A writer over a store that keeps what it gets, or fails as often as it is told. */
function bench() {
  const clock = new VirtualClock();
  const writes: LogBatch[][] = [];
  const errors: unknown[] = [];
  const faults = { left: 0 };
  const store = {
    appendLogs: async (batches: readonly LogBatch[]) => {
      if (faults.left > 0) {
        faults.left -= 1;
        throw new Error('away');
      }
      writes.push([...batches]);
      return [];
    },
  } as unknown as Store;
  const writer = createLogWriter(store, clock, 'server-1', (error) => errors.push(error));
  const lines = () => writes.flat().flatMap((batch) => batch.lines.map((line) => new TextDecoder().decode(line.data)));
  return { clock, writes, errors, faults, writer, lines };
}

const say = (writer: LogWriter, text: string, claim = CLAIM) => writer.line(claim, 'stdout', text, 'step', 1);
const progress = (current: number) => ({ step: 0, attempt: 1, current, total: 100, unit: '%', note: '' });

describe('lines', () => {
  it('of all runs share a write, which comes a moment later', async () => {
    const { clock, writes, writer } = bench();
    say(writer, 'one');
    say(writer, 'two', { ...CLAIM, runId: 'run-2' });
    await clock.advance(FLUSH_AFTER_MS - 1);
    expect(writes).toEqual([]);
    await clock.advance(1);
    expect(writes.map((batches) => batches.map((batch) => batch.runId))).toEqual([['run-1', 'run-2']]);
    expect(writes[0]?.[0]).toMatchObject({ owner: 'server-1', fence: 7 });
  });

  it('are written at once when there are many', async () => {
    const { writes, writer } = bench();
    const line = 'x'.repeat(16 * 1024);
    for (let at = 0; at < FLUSH_AT_BYTES / line.length; at += 1) say(writer, line);
    await settle();
    expect(writes).toHaveLength(1);
  });

  it('are several where the text has line ends', async () => {
    const { writer, lines } = bench();
    say(writer, 'one\r\ntwo\n');
    await writer.flush(CLAIM);
    expect(lines()).toEqual(['one', 'two']);
  });

  it('are durable when a flush resolves, and a flush of nothing resolves at once', async () => {
    const { writer, lines } = bench();
    await writer.flush(CLAIM);
    say(writer, 'one');
    await writer.flush(CLAIM);
    expect(lines()).toEqual(['one']);
  });

  it('keep their order through a store that is away, and are written once', async () => {
    const { clock, errors, faults, writer, lines } = bench();
    faults.left = 2;
    say(writer, 'one');
    await clock.advance(FLUSH_AFTER_MS);
    say(writer, 'two');
    const flushed = writer.flush(CLAIM);
    await clock.advance(1_000);
    await flushed;
    expect(lines()).toEqual(['one', 'two']);
    expect(errors).toHaveLength(2);
  });

  it('are dropped past a bound while the store is away, and a line says how many', async () => {
    const { clock, faults, writer, lines } = bench();
    faults.left = 1_000;
    const line = 'x'.repeat(16 * 1024);
    const taken = (FLUSH_AT_BYTES + MAX_WAITING_BYTES) / line.length;
    for (let at = 0; at < taken + 5; at += 1) say(writer, line);
    await settle();
    for (let at = 0; at < 2; at += 1) say(writer, line);
    faults.left = 0;
    await clock.advance(1_000);
    say(writer, 'after');
    await writer.flush(CLAIM);
    const told = lines().map((text) => text.slice(0, 80));
    expect(told).toHaveLength(taken + 2);
    expect(told.slice(-2)).toEqual(['7 lines were dropped: the store could not take them in time', 'after']);
  });

  it('are still written after the claim has ended', async () => {
    const { clock, writer, lines } = bench();
    say(writer, 'last');
    writer.end(CLAIM);
    await clock.advance(FLUSH_AFTER_MS);
    expect(lines()).toEqual(['last']);
  });
});

describe('progress', () => {
  it('is written with the lines, the last one wins, at most twice a second', async () => {
    const { clock, writes, writer } = bench();
    writer.progress(CLAIM, progress(10));
    writer.progress(CLAIM, progress(20));
    await clock.advance(FLUSH_AFTER_MS);
    writer.progress(CLAIM, progress(30));
    writer.progress(CLAIM, progress(40));
    await clock.advance(PROGRESS_EVERY_MS - FLUSH_AFTER_MS);
    const written = () => writes.flat().flatMap(({ progress: told }) => (told === null ? [] : [told.current]));
    expect(written()).toEqual([20]);
    await clock.advance(FLUSH_AFTER_MS);
    expect(written()).toEqual([20, 40]);
  });

  it('of a claim that has ended is forgotten', async () => {
    const { clock, writes, writer } = bench();
    writer.progress(CLAIM, progress(10));
    writer.end(CLAIM);
    await clock.advance(10_000);
    expect(writes).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
