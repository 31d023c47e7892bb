import { describe, expect, it } from 'vitest';
import { readParams, startOrder } from './start-options.ts';

describe('params', () => {
  it('are K=V, and a value may hold what it likes', () => {
    expect(readParams(['a=1', 'b=x=y', 'c='])).toEqual({ a: '1', b: 'x=y', c: '' });
  });

  it.each([
    [['a'], '--param must be K=V, and is "a"'],
    [['=1'], '--param must be K=V, and is "=1"'],
    [['a=1', 'a=2'], '--param a is given twice'],
  ])('are refused as %j', (words, sentence) => {
    expect(() => readParams(words)).toThrow(sentence);
  });
});

describe('an order', () => {
  it('has a new request id for each machine, or the one that was given', () => {
    const order = startOrder('REBOOT', '', {});
    expect(order.requestId()).not.toBe(order.requestId());
    expect(startOrder('REBOOT', '', { requestId: 'mine' }).requestId()).toBe('mine');
  });

  it('marks an RMA with its reason, unless the param says another', () => {
    expect(startOrder('RMA', '', { reason: 'bad DIMM' }).params).toEqual({ reason: 'bad DIMM' });
    expect(startOrder('RMA', '', { reason: 'x', param: ['reason=y'] }).params).toEqual({ reason: 'y' });
    expect(startOrder('REPAVE', '', { reason: 'x' }).params).toEqual({});
  });
});
