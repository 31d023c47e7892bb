import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { LogChunkSchema, RunSchema } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { documentText, jsonOf, streamedText } from './document.ts';
import { ioDouble } from './io-double.ts';
import { LiveLines } from './live.ts';
import { paintFor } from './paint.ts';

describe('colours', () => {
  const paint = (columns: number | undefined, env: NodeJS.ProcessEnv, color?: boolean) => {
    const io = ioDouble({ env, ...(columns === undefined ? {} : { columns }) });
    return paintFor(io.out, io, color)('ok', 'x');
  };

  it('are for terminals', () => {
    expect(paint(80, {})).toBe('\u001b[32mx\u001b[39m');
    expect(paint(undefined, {})).toBe('x');
  });

  it('are left out where somebody said no', () => {
    expect(paint(80, { NO_COLOR: '1' })).toBe('x');
    expect(paint(80, { NO_COLOR: '' })).not.toBe('x');
    expect(paint(80, { TERM: 'dumb' })).toBe('x');
    expect(paint(80, {}, false)).toBe('x');
    expect(paint(undefined, {}, true)).toBe('x');
  });
});

describe('documents', () => {
  it('have every field, and numbers as proto3 JSON has them', () => {
    const line = create(LogChunkSchema, { sequence: 7n, data: Buffer.from('x') });
    expect(jsonOf(LogChunkSchema, line)).toMatchObject({ runId: '', sequence: '7', data: 'eA==', attempt: 0 });
  });

  it('are one document, or one a line', () => {
    const run = jsonOf(RunSchema, create(RunSchema, { runId: 'r' }));
    expect(JSON.parse(documentText(run, 'json'))).toEqual(run);
    expect(documentText(run, 'yaml')).toContain('runId: r\n');
    expect(streamedText(run, 'json').trimEnd()).not.toContain('\n');
    expect(streamedText(run, 'yaml')).toMatch(/^---\n/);
  });
});

describe('lines that come as things happen', () => {
  it('are written above the line that is drawn over and over, which is taken away first', async () => {
    const io = ioDouble({ columns: 12 });
    const live = new LiveLines(io, io.err);
    await Promise.all([live.status('working on it'), live.line('one'), live.status(''), live.line('two')]);
    expect(io.written.err).toBe('working o…\r\u001b[2Kone\ntwo\n');
  });

  it('are all there is without a terminal', async () => {
    const io = ioDouble();
    const live = new LiveLines(io, io.out);
    await Promise.all([live.status('working'), live.line('one'), live.note('lost')]);
    expect(io.written).toEqual({ out: 'one\n', err: 'lost\n' });
  });
});
