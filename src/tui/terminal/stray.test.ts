import { expect, test } from 'vitest';
import { StrayOutput } from './stray.ts';

class Stream {
  readonly written: string[] = [];

  write(text: string): boolean {
    return this.written.push(text) > 0;
  }
}

test('keeps what others write from the terminal until it is given back', () => {
  const stream = new Stream();
  const stray = new StrayOutput();
  stray.capture(stream);
  stream.write('ExperimentalWarning: x\nand y\n');
  stray.release();
  stream.write('after');
  expect(stream.written).toEqual(['after']);
  expect(stray.lines).toEqual(['ExperimentalWarning: x', 'and y']);
  expect(Object.keys(stream)).toEqual(['written']);
});

test('keeps the last lines alone', () => {
  const stream = new Stream();
  const stray = new StrayOutput();
  stray.capture(stream);
  for (let at = 0; at < 1_000; at++) stream.write(`line ${at}\n`);
  expect([stray.lines.length, stray.lines[0], stray.lines.at(-1)]).toEqual([200, 'line 800', 'line 999']);
});

test('tells who waits for its write that it is done', async () => {
  const stream = { write: (_text: string, _done?: () => void) => true };
  const stray = new StrayOutput();
  stray.capture(stream);
  await new Promise<void>((resolve) => stream.write('x', resolve));
});
