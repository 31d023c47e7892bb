import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { describeError } from '../../wire/errors.ts';
import { withinLimit } from './deadline.ts';
import { OpenStreams } from './open-streams.ts';

describe('withinLimit', () => {
  it('answers what comes in time, and leaves no timer behind', async () => {
    const clock = new VirtualClock();
    expect(await withinLimit(clock, Promise.resolve('answer'))).toBe('answer');
    await expect(withinLimit(clock, Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    expect(clock.pending).toBe(0);
  });

  it('does not wait for ever, and says that the outcome is not known', async () => {
    const clock = new VirtualClock();
    const waited = withinLimit(clock, new Promise(() => {})).catch(describeError);
    let over = false;
    void waited.then(() => {
      over = true;
    });
    await clock.advance(29_999);
    expect(over).toBe(false);
    await clock.advance(1);
    expect(await waited).toMatchObject({
      codeName: 'UNAVAILABLE',
      reason: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('same request id'),
    });
  });
});

describe('OpenStreams', () => {
  it('refuses the one that is too many, and takes another when one has ended', () => {
    const streams = new OpenStreams(2);
    streams.enter();
    streams.enter();
    let refused: unknown;
    try {
      streams.enter();
    } catch (error) {
      refused = error;
    }
    expect(describeError(refused)).toMatchObject({ codeName: 'RESOURCE_EXHAUSTED', reason: 'TOO_MANY_REQUESTS' });
    streams.leave();
    expect(() => streams.enter()).not.toThrow();
  });

  it('tells when none is open any more', async () => {
    const streams = new OpenStreams(2);
    await streams.idle();
    streams.enter();
    streams.enter();
    let idle = false;
    const told = streams.idle().then(() => {
      idle = true;
    });
    streams.leave();
    await Promise.resolve();
    expect(idle).toBe(false);
    streams.leave();
    await told;
  });
});
