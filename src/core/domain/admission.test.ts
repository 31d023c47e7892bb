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

it('the queue of a scope is counted from its oldest; who waits for none of them waits for a server', () => {
  const taken = [{ scope: 'rack=r1', most: 5, used: 5 }];
  const waiting = ['a', 'b', 'c'].map((runId) => ({ runId, placement: at(runId === 'b' ? 'r2' : 'r1') }));
  const { scopes, places } = queueOf(LIMITS, taken, waiting);
  expect(Object.fromEntries(places)).toEqual({
    a: { scope: 'rack=r1', position: 1 },
    b: { scope: 'server', position: 1 },
    c: { scope: 'rack=r1', position: 2 },
  });
  expect(scopes).toEqual([{ scope: 'rack=r1', most: 5, used: 5, waiting: 2 }]);
});
