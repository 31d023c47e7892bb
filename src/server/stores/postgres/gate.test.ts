import { expect, it } from 'vitest';
import { Gate } from './gate.ts';

it('lets in those that do not queue before the others, each in the order in which they came', async () => {
  const gate = new Gate(1);
  await gate.enter();
  const order: string[] = [];
  const entering = ['a', 'B', 'c', 'D'].map(async (name) => {
    await gate.enter(name < 'a');
    order.push(name);
    gate.leave();
  });
  gate.leave();
  await Promise.all(entering);
  expect(order).toEqual(['B', 'D', 'a', 'c']);
});

it('sends away everybody who waits when it closes', async () => {
  const gate = new Gate(1);
  await gate.enter();
  const waiting = [gate.enter(), gate.enter(true)].map((entered) => expect(entered).rejects.toThrow('closed'));
  const closed = gate.close();
  await Promise.all(waiting);
  gate.leave();
  await closed;
  await expect(gate.enter(true)).rejects.toThrow('closed');
});
