import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { LogConfig } from './log.ts';
import { createServerLog, RING_LINES } from './log.ts';
import { formatText, withoutPasswords } from './log-format.ts';
import type { ServerLogLine } from './log-ring.ts';
import { LogRing } from './log-ring.ts';

function logTo(config: Partial<LogConfig> = {}) {
  const out = new PassThrough();
  const log = createServerLog({ level: 'info', format: 'text', out, ...config });
  return { ...log, out, text: () => out.read()?.toString() ?? '' };
}

describe('the server log', () => {
  it('writes one readable line: time, level, part, message, names and values', () => {
    const { logger, text } = logTo();
    logger.child({ component: 'engine' }).warn({ run: '7f3a', why: 'no answer' }, 'again');
    expect(text()).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z WARN {2}engine: again run=7f3a why="no answer"\n$/);
  });

  it('writes JSON where it is asked for', () => {
    const { logger, text } = logTo({ format: 'json' });
    logger.error({ err: new Error('disk on fire'), run: '7f3a' }, 'failed');
    expect(JSON.parse(text())).toMatchObject({
      level: 50,
      msg: 'failed',
      run: '7f3a',
      err: { message: 'disk on fire' },
    });
  });

  it('keeps quiet below its level', () => {
    const { logger, text, ring } = logTo({ level: 'warn' });
    logger.info('nothing');
    expect(text()).toBe('');
    expect(ring.end).toBe(0);
  });

  it('keeps the lines for who looks at them, whether or not there is an output', () => {
    const { logger, ring } = logTo({ out: null });
    logger.info({ machine: 'machine-1', count: 3, err: new Error('broken') }, 'hello');
    expect(ring.read(0, 10).lines).toMatchObject([
      { level: 'info', component: '', message: 'hello', fields: { machine: 'machine-1', count: '3' } },
    ]);
    expect(ring.read(0, 10).lines[0]?.fields.err).toContain('Error: broken\n    at ');
  });

  it('lets no secret out, by the name of its field or in a URL', () => {
    const { logger, text, ring } = logTo();
    const err = new Error('cannot connect to postgres://bmdemo:hunter2@db.example/x');
    logger.error({ token: 'hunter2', bmc: { password: 'hunter2', user: 'root' }, err }, 'postgres://a:hunter2@db');
    const told = text() + JSON.stringify(ring.read(0, 10));
    expect(told).not.toContain('hunter2');
    expect(told).toContain('root');
    expect(told).toContain('bmdemo:[redacted]@db.example');
  });

  it('keeps a reference to credentials, which is no secret', () => {
    expect(withoutPasswords('env:BMC_PASSWORD file:/etc/bmc http://host:80/path@v1')).toBe(
      'env:BMC_PASSWORD file:/etc/bmc http://host:80/path@v1',
    );
  });

  it('drops lines that its output does not take, and says how many', async () => {
    const taken: string[] = [];
    let take = () => {};
    const out = new Writable({
      write(chunk, _, done) {
        taken.push(chunk.toString());
        take = done;
      },
    });
    const { logger, ring } = logTo({ out });
    for (let n = 0; n < 300; n += 1) logger.info('x'.repeat(10_000));
    expect(out.writableLength).toBeLessThan(1_200_000);
    while (out.writableLength > 0) {
      take();
      await new Promise(process.nextTick);
    }
    const kept = taken.length;
    logger.info('the last');
    take();
    await new Promise(process.nextTick);
    expect(taken.slice(kept).map((line) => line.slice(25))).toEqual([
      `WARN  log: lines of this log were dropped, because its output did not take them dropped=${300 - kept}\n`,
      'INFO  the last\n',
    ]);
    expect(ring.end).toBe(301);
  });

  it('outlives an output that breaks', () => {
    const { logger, out, ring } = logTo();
    out.destroy(new Error('EPIPE'));
    logger.info('still here');
    expect(ring.end).toBe(1);
  });
});

describe('formatText', () => {
  it('lets no value break the line or move the cursor', () => {
    const line: ServerLogLine = {
      at: 0,
      level: 'info',
      component: '',
      message: 'two\nlines \u001b[2J',
      fields: { value: 'a\u001b[1mb\nc' },
    };
    const text = formatText(line);
    expect(text).toBe('1970-01-01T00:00:00.000Z INFO  two\\x0alines \\x1b[2J value="a\\u001b[1mb\\nc"\n');
  });
});

describe('LogRing', () => {
  const line = (n: number): ServerLogLine => ({
    at: n,
    level: n % 2 === 0 ? 'info' : 'warn',
    component: '',
    message: `line ${n}`,
    fields: {},
  });
  const messages = (lines: readonly ServerLogLine[]) => lines.map(({ message }) => message);

  function ringOf(count: number, capacity = 3): LogRing {
    const ring = new LogRing(capacity);
    for (let n = 0; n < count; n += 1) ring.push(line(n));
    return ring;
  }

  it('gives lines from a place on, and says how many are gone', () => {
    const ring = ringOf(5);
    expect(ring.read(0, 10)).toEqual({ lines: [line(2), line(3), line(4)], dropped: 2, next: 5 });
    expect(ring.read(3, 1)).toEqual({ lines: [line(3)], dropped: 0, next: 4 });
    expect(ring.read(5, 10)).toEqual({ lines: [], dropped: 0, next: 5 });
  });

  it('finds where the last lines that pass begin', () => {
    const ring = ringOf(10, 100);
    const warns = (candidate: ServerLogLine) => candidate.level === 'warn';
    expect(messages(ring.read(ring.placeOfLast(2, warns), 10).lines.filter(warns))).toEqual(['line 7', 'line 9']);
    expect(ring.placeOfLast(0, warns)).toBe(10);
    expect(ring.placeOfLast(RING_LINES, warns)).toBe(0);
  });

  it('wakes who waits for a line', async () => {
    const ring = ringOf(1);
    const { signal } = new AbortController();
    const woken = ring.wait(1, signal);
    ring.push(line(1));
    await woken;
    await ring.wait(1, signal);
    await ring.wait(2, AbortSignal.abort());
    const abort = new AbortController();
    const given = ring.wait(2, abort.signal);
    abort.abort();
    await given;
  });
});
