import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueQueue } from './due-queue.ts';

function drain(queue: DueQueue): string[] {
  const order: string[] = [];
  for (let due = queue.first(); due !== undefined; due = queue.first()) {
    order.push(due.runId);
    queue.delete(due.runId);
  }
  return order;
}

test('an empty queue has no first run', () => {
  const queue = new DueQueue();
  queue.delete('none');
  expect(queue.first()).toBeUndefined();
});

test('due time decides, then age, then id', () => {
  const queue = new DueQueue();
  queue.set({ runId: 'd', dueAt: 2, createdAt: 0 });
  queue.set({ runId: 'c', dueAt: 1, createdAt: 2 });
  queue.set({ runId: 'b', dueAt: 1, createdAt: 1 });
  queue.set({ runId: 'a', dueAt: 1, createdAt: 1 });
  expect(drain(queue)).toEqual(['a', 'b', 'c', 'd']);
});

test('a run that is set again moves', () => {
  const queue = new DueQueue();
  queue.set({ runId: 'a', dueAt: 1, createdAt: 0 });
  queue.set({ runId: 'b', dueAt: 2, createdAt: 0 });
  queue.set({ runId: 'a', dueAt: 3, createdAt: 0 });
  expect(drain(queue)).toEqual(['b', 'a']);
});

test('gives runs in the order of a sorted list, whatever was put in, moved and taken out', () => {
  const change = fc.record({
    id: fc.integer({ min: 0, max: 30 }),
    dueAt: fc.integer({ min: 0, max: 10 }),
    createdAt: fc.integer({ min: 0, max: 3 }),
    remove: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
      const queue = new DueQueue();
      const model = new Map<string, { runId: string; dueAt: number; createdAt: number }>();
      for (const { id, dueAt, createdAt, remove } of changes) {
        const runId = `run-${String(id).padStart(2, '0')}`;
        if (remove) {
          queue.delete(runId);
          model.delete(runId);
        } else {
          queue.set({ runId, dueAt, createdAt });
          model.set(runId, { runId, dueAt, createdAt });
        }
      }
      const expected = [...model.values()].sort(
        (a, b) => a.dueAt - b.dueAt || a.createdAt - b.createdAt || (a.runId < b.runId ? -1 : 1),
      );
      expect(drain(queue)).toEqual(expected.map(({ runId }) => runId));
    }),
  );
});
