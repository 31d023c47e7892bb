import { describe, expect, it } from 'vitest';
import type { LogLine, Store } from '../../core/ports/store.ts';
import { LogWindow } from './log-window.ts';
import { LogWindows } from './log-windows.ts';

/** A store that has this log, and counts how often it was asked for it. */
class LogDouble {
  readonly lines: LogLine[] = [];
  asked = 0;
  /** Answers wait for it. */
  gate: Promise<void> = Promise.resolve();

  write(count: number, bytes = 10): void {
    for (let n = 0; n < count; n += 1) {
      const data = new Uint8Array(bytes);
      this.lines.push({ at: 0, stream: 'stdout', data, step: 's', attempt: 1, sequence: this.lines.length + 1 });
    }
  }

  get store(): Store {
    const logs: Store['logs'] = async (_, after, limit) => {
      this.asked += 1;
      const found = this.lines.filter(({ sequence }) => sequence > after).slice(0, limit);
      await this.gate;
      return found;
    };
    return { logs } as Store;
  }
}

async function readAll(window: LogWindow, after = 0) {
  const chunks = [];
  for (let at = after; ; ) {
    const read = await window.read(at);
    if (read.length === 0) return chunks;
    chunks.push(...read);
    at = read.at(-1)?.sequence ?? at;
  }
}

const sequences = (chunks: readonly { readonly sequence: number }[]) => chunks.map(({ sequence }) => sequence);
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, n) => first + n);

describe('LogWindow', () => {
  it('reads and encodes a line once for all who follow', async () => {
    const log = new LogDouble();
    const window = new LogWindow(log.store, 'run');
    log.write(300);
    const first = await readAll(window);
    expect(sequences(first)).toEqual(from(1, 300));
    const asked = log.asked;
    const second = (await window.read(0)).concat();
    expect(log.asked).toBe(asked);
    expect(second.map(({ encoded }) => encoded)).toEqual(first.map(({ encoded }) => encoded));
    expect(second[0]?.encoded).toBe(first[0]?.encoded);
    expect(sequences(await window.read(297))).toEqual([298, 299, 300]);
  });

  it('gives the same read to all who ask for it at once', async () => {
    const log = new LogDouble();
    const window = new LogWindow(log.store, 'run');
    log.write(5);
    const [one, other] = await Promise.all([window.read(0), window.read(0)]);
    expect(log.asked).toBe(1);
    expect(one).toBe(other);
  });

  it('reads again for who asks after there was news', async () => {
    const log = new LogDouble();
    const window = new LogWindow(log.store, 'run');
    const { promise, resolve } = Promise.withResolvers<void>();
    log.gate = promise;
    const early = window.read(0);
    log.write(1);
    window.news.wake();
    const late = window.read(0);
    resolve();
    expect(sequences(await early)).toEqual([]);
    expect(sequences(await late)).toEqual([1]);
  });

  it('doubles nothing when two reads of the same lines overlap', async () => {
    const log = new LogDouble();
    const window = new LogWindow(log.store, 'run');
    log.write(3);
    const { promise, resolve } = Promise.withResolvers<void>();
    log.gate = promise;
    const early = window.read(0);
    window.news.wake();
    const late = window.read(0);
    resolve();
    expect(sequences(await early)).toEqual([1, 2, 3]);
    expect(sequences(await late)).toEqual([1, 2, 3]);
    log.write(1);
    expect(sequences(await readAll(window))).toEqual([1, 2, 3, 4]);
    expect(sequences(await readAll(window, 3))).toEqual([4]);
  });

  it('keeps the end alone; who is further behind reads from the store, and misses nothing', async () => {
    const log = new LogDouble();
    const window = new LogWindow(log.store, 'run');
    log.write(5_000);
    expect(sequences(await readAll(window))).toEqual(from(1, 5_000));
    expect((await window.read(5_000 - 1_024)).length).toBe(1_024);
    expect(sequences(await readAll(window))).toEqual(from(1, 5_000));
    expect(sequences(await readAll(window, 2_500))).toEqual(from(2_501, 5_000));
  });

  it('keeps no more than half a MiB, however long the lines', async () => {
    const log = new LogDouble();
    const window = new LogWindow(log.store, 'run');
    log.write(200, 16 * 1024);
    await readAll(window);
    const kept = await window.read(200 - 31);
    expect(kept).toHaveLength(31);
    const asked = log.asked;
    await window.read(100);
    expect(log.asked).toBe(asked + 1);
  });

  it('goes on behind lines that were dropped from the middle', async () => {
    const log = new LogDouble();
    const window = new LogWindow(log.store, 'run');
    log.write(100);
    log.lines.splice(40, 20);
    const expected = [...from(1, 40), ...from(61, 100)];
    expect(sequences(await readAll(window))).toEqual(expected);
    expect(sequences(await readAll(window, 50))).toEqual(from(61, 100));
  });

  it('is not led astray by who asks for what lies behind its end', async () => {
    const log = new LogDouble();
    const window = new LogWindow(log.store, 'run');
    expect(await window.read(1_000)).toEqual([]);
    log.write(3);
    expect(await window.read(1_000)).toEqual([]);
    expect(sequences(await readAll(window))).toEqual([1, 2, 3]);
    expect(await window.read(1_000)).toEqual([]);
  });
});

describe('LogWindows', () => {
  it('has one window a run, as long as somebody reads it', () => {
    const windows = new LogWindows(new LogDouble().store);
    const one = windows.open('run');
    expect(windows.open('run')).toBe(one);
    expect(windows.open('other')).not.toBe(one);
    windows.close('run');
    windows.touch('run');
    windows.touchAll();
    expect(one.news.count).toBe(2);
    windows.close('run');
    windows.touch('run');
    expect(one.news.count).toBe(2);
    expect(windows.open('run')).not.toBe(one);
  });
});
