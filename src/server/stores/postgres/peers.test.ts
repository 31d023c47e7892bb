import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { Peers } from './peers.ts';

const LEASE_MS = 5_000;

let clock: VirtualClock;
let peers: Peers;
beforeEach(() => {
  clock = new VirtualClock();
  peers = new Peers(clock, LEASE_MS);
});

/** Lets time pass in pulses, at each of which the peer is seen as `at` says by milliseconds from now. */
async function pulses(
  ms: number,
  at: (passed: number) => { beat: number; locked: boolean } | null,
): Promise<boolean[]> {
  const told: boolean[] = [];
  for (let passed = 0; passed < ms; passed += 250) {
    await clock.advance(250);
    const seen = at(passed + 250);
    told.push(peers.see(seen === null ? [] : [{ instance: 'peer', ttl: LEASE_MS, ...seen }], 'self'));
  }
  return told;
}

const alive = (passed: number) => ({ beat: Math.floor(passed / 1_500), locked: true });

describe('a peer', () => {
  it('that renews and holds its lock is never suspected', async () => {
    expect((await pulses(60_000, alive)).includes(true)).toBe(false);
    expect(peers.suspects()).toEqual([]);
    expect(peers.judgementIn()).toBe(Number.POSITIVE_INFINITY);
  });

  it('whose lock is gone is suspected 600 ms later, and asked for just then', async () => {
    await pulses(6_000, alive);
    await pulses(250, () => ({ beat: 4, locked: false }));
    expect(peers.judgementIn()).toBe(600);
    await clock.advance(599);
    expect(peers.suspects()).toEqual([]);
    await clock.advance(1);
    expect(peers.suspects()).toEqual([{ instance: 'peer', beat: 4, cause: 'lock' }]);
  });

  it('whose lock comes back, or that renews, is not', async () => {
    await pulses(6_000, alive);
    await pulses(500, () => ({ beat: 4, locked: false }));
    await pulses(250, () => ({ beat: 4, locked: true }));
    await pulses(500, () => ({ beat: 4, locked: false }));
    expect(peers.suspects()).toEqual([]);
    await pulses(500, () => ({ beat: 5, locked: false }));
    expect(peers.suspects()).toEqual([]);
  });

  it('that holds its lock and does not renew is suspected when its lease has ended', async () => {
    await pulses(6_000, alive);
    await pulses(LEASE_MS, () => ({ beat: 9, locked: true }));
    expect(peers.suspects()).toEqual([]);
    await clock.advance(250);
    expect(peers.suspects()).toEqual([{ instance: 'peer', beat: 9, cause: 'lease' }]);
  });

  it('that is gone is told of once', async () => {
    await pulses(6_000, alive);
    expect(await pulses(500, () => null)).toEqual([true, false]);
  });

  it('is not this server itself', async () => {
    peers.see([{ instance: 'self', beat: 1, ttl: LEASE_MS, locked: false }], 'self');
    await clock.advance(60_000);
    expect(peers.suspects()).toEqual([]);
  });
});

describe('this server', () => {
  it('judges nobody before it has stood for a lease itself', async () => {
    const dead = () => ({ beat: 1, locked: false });
    expect((await pulses(LEASE_MS - 250, dead)).includes(true)).toBe(false);
    expect(await pulses(250, dead)).toEqual([true]);
  });

  it('begins anew when its line breaks', async () => {
    await pulses(6_000, alive);
    peers.begin();
    const dead = () => ({ beat: 9, locked: false });
    expect((await pulses(LEASE_MS - 250, dead)).includes(true)).toBe(false);
    expect(await pulses(250, dead)).toEqual([true]);
  });

  it('does not care for what clocks on walls say', async () => {
    await pulses(6_000, alive);
    clock.jump(3_600_000);
    expect(peers.suspects()).toEqual([]);
  });
});
