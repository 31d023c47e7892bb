import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import type { RetentionPolicy } from '../core/ports/retention.ts';
import { Janitor } from './janitor.ts';

const policy: RetentionPolicy = {
  runs: { ageMs: 1, count: null },
  events: { ageMs: null, count: 2 },
  logs: { ageMs: null, count: null },
};

/** A janitor whose store answers as the steps say: true, there is more; an error, it is away. */
function working(answers: readonly (boolean | Error)[]) {
  const clock = new VirtualClock();
  const asked: { readonly at: number; readonly policy: RetentionPolicy }[] = [];
  const began = clock.now();
  const sweep = async (asking: RetentionPolicy) => {
    const answer = answers[asked.length] ?? false;
    asked.push({ at: clock.now() - began, policy: asking });
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const janitor = new Janitor({ store: { sweep }, policy, clock, log: pino({ level: 'silent' }) });
  janitor.start();
  return { janitor, clock, asked, times: () => asked.map(({ at }) => at) };
}

describe('the janitor', () => {
  it('begins after a while and comes back every minute', async () => {
    const { janitor, clock, asked, times } = working([]);
    await clock.advance(29_999);
    expect(asked).toEqual([]);
    await clock.advance(120_001);
    expect(times()).toEqual([30_000, 90_000, 150_000]);
    expect(asked[0]?.policy).toBe(policy);
    await janitor.stop();
  });

  it('goes on in steps with pauses while there is more', async () => {
    const { janitor, clock, times } = working([true, true, false]);
    await clock.advance(89_000);
    expect(times()).toEqual([30_000, 30_010, 30_020]);
    await clock.advance(2_000);
    expect(times().at(-1)).toBe(90_020);
    await janitor.stop();
  });

  it('comes back after a store that was away', async () => {
    const { janitor, clock, times } = working([new Error('away')]);
    await clock.advance(100_000);
    expect(times()).toEqual([30_000, 90_000]);
    await janitor.stop();
  });

  it('asks nothing any more once it was stopped, in a pause least of all', async () => {
    const { janitor, clock, times } = working([true, true, true]);
    await clock.advance(30_005);
    await janitor.stop();
    await clock.advance(200_000);
    expect(times()).toEqual([30_000]);
  });
});
