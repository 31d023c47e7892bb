import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RecordingOrder } from './recording.ts';
import { Recording } from './recording.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bmdemo-cast-'));
  file = join(folder, 'talk.cast');
});
afterEach(() => rmSync(folder, { recursive: true }));

let time = 0;
function record(changes: Partial<RecordingOrder> = {}): Recording {
  time = 5_000;
  const size = { columns: 120, rows: 40 };
  const env = { TERM: 'xterm-256color', SHELL: '/bin/bash' };
  return new Recording({ file, force: false, idleLimitS: 2, title: 'A talk', size, env, now: () => time, ...changes });
}

const lines = () =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('a recording', () => {
  it('has a header, then what was drawn, resized and marked, with seconds since it began', () => {
    const recording = record();
    time += 250;
    recording.write('one\ntwo\r\n');
    time += 1_000;
    recording.resize({ columns: 100, rows: 30 });
    recording.mark('5 of 10 · Repave');
    recording.end();
    recording.write('nothing of this');
    const [header, ...events] = lines();
    expect(header).toEqual({
      version: 2,
      width: 120,
      height: 40,
      timestamp: expect.any(Number),
      idle_time_limit: 2,
      title: 'A talk',
      env: { TERM: 'xterm-256color', SHELL: '/bin/bash' },
    });
    expect(events).toEqual([
      [0.25, 'o', 'one\r\ntwo\r\n'],
      [1.25, 'r', '100x30'],
      [1.25, 'm', '5 of 10 · Repave'],
    ]);
  });

  it('is valid at every moment, whatever becomes of the process', () => {
    const recording = record();
    recording.write('a');
    expect(lines()).toHaveLength(2);
    recording.write('b');
    expect(lines()).toHaveLength(3);
    recording.end();
  });

  it('writes over no file, unless it is told to', () => {
    writeFileSync(file, 'precious');
    expect(() => record()).toThrow(`${file} is there already; --force writes over it`);
    expect(readFileSync(file, 'utf8')).toBe('precious');
    record({ force: true }).end();
    expect(lines()).toHaveLength(1);
  });

  it('says where it cannot be made', () => {
    expect(() => record({ file: join(folder, 'nowhere', 'talk.cast') })).toThrow(/cannot be made: ENOENT/);
  });
});
