import { expect, test } from 'vitest';
import { isServerFilter, matcherOf } from './filter-grammar.ts';

test.each([
  ['rack=r1', true],
  ['rack = r1 AND phase != READY', true],
  ['labels.tier:work', true],
  ['NeedsIntervention:true', true],
  ['source:cmdb', true],
  ['rak=r1', true],
  ['machine-1', false],
  ['02:de:00', false],
  ['198.18.0.1:22', false],
  ['', false],
])("of machines, %s is the server's: %s", (filter, expected) => {
  expect(isServerFilter('machines', filter)).toBe(expected);
});

test('a field with a colon counts where the list has it, and no list of plans is asked for', () => {
  const asked = (filter: string) =>
    (['machines', 'runs', 'events', 'plans', 'machineRuns'] as const).filter((of) => isServerFilter(of, filter));
  expect(asked('kind:FAILED')).toEqual(['events']);
  expect(asked('initiated_by:lin')).toEqual(['runs']);
  expect(asked('phase=FAILED')).toEqual(['machines', 'runs', 'events']);
});

test('free text has to be there word by word, in any spelling', () => {
  const matches = matcherOf('R9 worker');
  expect([matches('tier=worker r9'), matches('worker r1')]).toEqual([true, false]);
});
