import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProgressSchema } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { formatPercent, fractionOf, progressBar } from './progress.ts';

test('a bar is full only when all is done, and empty only when nothing is', () => {
  expect(progressBar(0, 8)).toBe('........');
  expect(progressBar(0.001, 8)).toBe('#.......');
  expect(progressBar(0.72, 8)).toBe('######..');
  expect(progressBar(0.999, 8)).toBe('#######.');
  expect(progressBar(1, 8)).toBe('########');
});

test('a bar is as wide as it was asked to be', () => {
  const fraction = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fraction, fc.integer({ min: 1, max: 40 }), (done, width) => {
      expect(progressBar(done, width)).toHaveLength(width);
    }),
  );
});

test('per cent take four cells and are never rounded up', () => {
  expect([0, 0.079, 0.999, 1].map(formatPercent)).toEqual(['  0%', '  7%', ' 99%', '100%']);
});

test('without a total there is no fraction; more than all is all', () => {
  expect(fractionOf(undefined)).toBeUndefined();
  expect(fractionOf(create(ProgressSchema, { current: 5 }))).toBeUndefined();
  expect(fractionOf(create(ProgressSchema, { current: 5, total: 4 }))).toBe(1);
  expect(fractionOf(create(ProgressSchema, { current: 3, total: 6 }))).toBe(0.5);
});
