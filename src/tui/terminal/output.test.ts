import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { TerminalOutput } from './output.ts';

function terminal() {
  const written: string[] = [];
  const stream = Object.assign(new EventEmitter(), {
    isTTY: true,
    columns: 100,
    rows: 30,
    write: (text: string) => written.push(text) > 0,
  });
  return { stream, written, output: new TerminalOutput(stream) };
}

test('takes back exactly the modes that are on', () => {
  const { output, written } = terminal();
  output.write('\x1b[?1049h\x1b[?25l\x1b[?2004h');
  output.write('text\x1b[?2004l');
  output.restore();
  expect(written.at(-1)).toBe('\x1b[?1049l\x1b[?25h');
  output.restore();
  expect(written).toHaveLength(3);
});

test('goes on writing when others are kept from it', () => {
  const { output, stream, written } = terminal();
  stream.write = () => false;
  output.write('frame');
  expect(written).toEqual(['frame']);
});

test('has the size that it was given until it is given another', () => {
  const { output, stream } = terminal();
  stream.columns = 80;
  expect([output.columns, output.measure().columns]).toEqual([100, 80]);
  output.takeSize(output.measure());
  expect(output.columns).toBe(80);
});

test('shows frames that belong together as one', () => {
  const [begin, end] = ['\x1b[?2026h', '\x1b[?2026l'];
  const { output, written } = terminal();
  output.atOnce(() => {
    output.write(`${begin}one${end}`);
    output.write('\x1b[2K\x1b[1A');
    output.write(`${begin}two${end}`);
  });
  const all = written.join('');
  expect(all.startsWith(begin)).toBe(true);
  expect(all.split(end)).toEqual([expect.stringMatching(/one.*two$/), '']);
  output.restore();
  expect(written.join('')).toBe(all);
});
