import { describe, expect, it } from 'vitest';
import type { AdmissionLimit } from './admission.ts';
import { parseLimit, placementOf, queueOf, scopesOf } from './admission.ts';
import { aMachine } from './testing.ts';

const LIMITS: readonly AdmissionLimit[] = [
  { kind: 'rack', name: '', most: 20 },
  { kind: 'rack', name: 'r1', most: 5 },
  { kind: 'cluster', name: 'prod-a', most: 2 },
];

const at = (rack: string, cluster = '') => ({ rack, cluster, provider: 'fake' });

describe('the scopes of a machine', () => {
  it.each([
    [at('r1'), ['rack=r1 5']],
    [at('r2'), ['rack=r2 20']],
    [at('r2', 'prod-a'), ['cluster=prod-a 2', 'rack=r2 20']],
    [at('r2', 'prod-b'), ['rack=r2 20']],
    [at(''), []],
  ])('at %j are %j', (placement, expected) => {
    expect(scopesOf(LIMITS, placement).map(({ scope, most }) => `${scope} ${most}`)).toEqual(expected);
  });

  it('are read off its spec', () => {
    expect(placementOf(aMachine())).toMatchObject({ provider: 'fake', rack: aMachine().spec.rack });
  });
});

describe('a limit', () => {
  it.each([
    ['rack=20', { kind: 'rack', name: '', most: 20 }],
    ['rack:r1=5', { kind: 'rack', name: 'r1', most: 5 }],
    ['cluster:prod-a.eu=1', { kind: 'cluster', name: 'prod-a.eu', most: 1 }],
    ['provider:fake=100', { kind: 'provider', name: 'fake', most: 100 }],
    ['row=1', null],
    ['rack', null],
    ['rack=0', null],
    ['rack=-1', null],
    ['rack:=1', null],
    ['rack=1.5', null],
  ])('is read from %s', (text, expected) => {
    expect(parseLimit(text)).toEqual(expected);
  });
});

describe('the queue', () => {
  const queued = (runId: string, placement = at('r1'), placed = false) => ({ runId, placement, placed });
  const R1 = { scope: 'rack=r1', most: 5, used: 5 };
  const PROD_A = { scope: 'cluster=prod-a', most: 2, used: 2 };

  it('of a scope is counted from its oldest; who waits for none of them waits for a server', () => {
    const { scopes, places } = queueOf(LIMITS, [R1], [queued('a'), queued('b', at('r2')), queued('c')]);
    expect(Object.fromEntries(places)).toEqual({
      a: [{ scope: 'rack=r1', position: 1 }],
      b: [{ scope: 'server', position: 1 }],
      c: [{ scope: 'rack=r1', position: 2 }],
    });
    expect(scopes).toEqual([{ ...R1, waiting: 2 }]);
  });

  it('is that of every scope that is full, where there are several', () => {
    const waiting = [queued('a'), queued('b', at('r1', 'prod-a')), queued('c', at('r2', 'prod-a')), queued('d')];
    const { scopes, places } = queueOf(LIMITS, [PROD_A, R1], waiting);
    expect(places.get('b')).toEqual([
      { scope: 'cluster=prod-a', position: 1 },
      { scope: 'rack=r1', position: 2 },
    ]);
    expect(places.get('c')).toEqual([{ scope: 'cluster=prod-a', position: 2 }]);
    expect(places.get('d')).toEqual([{ scope: 'rack=r1', position: 3 }]);
    expect(scopes.map(({ waiting: count }) => count)).toEqual([2, 3]);
  });

  it('is that of a server for a run that has its places already, full as they may be', () => {
    const { places } = queueOf(LIMITS, [R1], [queued('a', at('r1'), true), queued('b')]);
    expect(places.get('a')).toEqual([{ scope: 'server', position: 1 }]);
    expect(places.get('b')).toEqual([{ scope: 'rack=r1', position: 1 }]);
  });
});
