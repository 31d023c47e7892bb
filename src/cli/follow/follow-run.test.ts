import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CommandBench } from '../command-double.ts';
import { openCommandBench } from '../command-double.ts';

let bench: CommandBench;
beforeAll(async () => {
  bench = await openCommandBench({ BMDEMO_FAULT: 'machine-1/reboot-to-netboot=fail:1', BMDEMO_SPEED: '20' });
});
afterAll(() => bench.stop());

it('tells a step’s lines before what became of it, and each of them once', async () => {
  const ids = ['machine-1', 'machine-2', 'machine-3', 'machine-4'];
  await bench.bmdemo('import', `${ids.length}`);
  const told = await Promise.all(ids.map((id) => bench.bmdemo('repave', id)));
  for (const { code, out } of told) {
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n').slice(1, -1);
    const words = lines.map((line) => line.split(/ {2,}/));
    const ended = new Set<string>();
    const begun = new Set<string>();
    for (const [, step = '', text = ''] of words) {
      expect(ended, `${text}, in\n${out}`).not.toContain(step);
      // Steps come one after the other: whatever is told of one, the ones before it are over.
      begun.add(step);
      expect(begun.size - ended.size, `${text}, in\n${out}`).toBe(1);
      if (text.startsWith('SUCCEEDED')) ended.add(step);
    }
    expect(ended.size).toBe(5);
    const failed = words.findIndex(([, , text = '']) => text.includes('; next in '));
    const again = words.findIndex(([, , text]) => text === 'attempt 2 of 2');
    if (failed !== -1) expect(again, `the back-off, in\n${out}`).toBe(failed + 1);
    const runId = /^run (\w+)/.exec(out)?.[1] ?? '';
    const log = (await bench.bmdemo('logs', runId)).out.trimEnd().split('\n');
    expect(lines.filter((line) => /^\S+ +\S+ +[|!] /.test(line))).toHaveLength(log.length);
  }
});
