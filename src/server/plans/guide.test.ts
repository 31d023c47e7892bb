import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readPlanYaml } from './yaml.ts';

it('the plan of docs/plans.md is a good one, and shows all that a step can be', async () => {
  const page = await readFile(new URL('../../../docs/plans.md', import.meta.url), 'utf8');
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  const read = readPlanYaml(yaml, 'docs/plans.md');
  expect(read).toMatchObject({ kind: 'plan' });
  const steps = read.kind === 'plan' ? read.declared.steps : [];
  expect(steps.map(({ always, onFailure, hold }) => [always, onFailure, hold !== null])).toEqual([
    [false, 'stop', false],
    [false, 'stop', false],
    [false, 'stop', true],
    [true, 'stop', false],
    [false, 'continue', false],
    [true, 'stop', false],
  ]);
});
