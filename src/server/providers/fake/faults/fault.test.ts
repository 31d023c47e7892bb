import { describe, expect, it } from 'vitest';
import { type Fault, faultFor, faultStage, type Misbehaviour } from './fault.ts';

const HANG: Misbehaviour = { kind: 'hang' };

function aFault(differs: Partial<Fault> = {}): Fault {
  return { machine: '*', step: '*', attempts: { from: 1, to: null }, at: null, misbehaviour: HANG, ...differs };
}

describe('which fault hits', () => {
  it.each<[string, Partial<Fault>, boolean[]]>([
    ['always', {}, [true, true, true, true]],
    ['the first two', { attempts: { from: 1, to: 2 } }, [true, true, false, false]],
    ['from the third on', { attempts: { from: 3, to: null } }, [false, false, true, true]],
    ['the second alone', { attempts: { from: 2, to: 2 } }, [false, true, false, false]],
    ['this machine and step', { machine: 'machine-1', step: 'image' }, [true, true, true, true]],
    ['another machine', { machine: 'machine-11' }, [false, false, false, false]],
    ['another step', { step: 'join' }, [false, false, false, false]],
  ])('%s', (_, differs, hits) => {
    const script = [aFault(differs)];
    expect([1, 2, 3, 4].map((attempt) => faultFor(script, 'machine-1', 'image', attempt) !== null)).toEqual(hits);
  });

  it('is the first one that fits', () => {
    const script = [aFault({ attempts: { from: 1, to: 1 } }), aFault({ misbehaviour: { kind: 'lie' } })];
    const kinds = [1, 2].map((attempt) => faultFor(script, 'm', 's', attempt)?.misbehaviour.kind);
    expect(kinds).toEqual(['hang', 'lie']);
  });
});

describe('the stage at which it begins', () => {
  it.each<[number, number, number, number]>([
    [3, 6, 6, 2],
    [1, 6, 6, 0],
    [6, 6, 6, 5],
    [3, 6, 5, 1],
    [4, 6, 3, 1],
    [6, 6, 1, 0],
    [2, 2, 3, 1],
  ])('%d/%d of a step with %d stages is index %d', (stage, of, count, index) => {
    expect(faultStage(aFault({ at: { stage, of } }), count)).toBe(index);
  });

  it.each<[Misbehaviour, number]>([
    [HANG, 0],
    [{ kind: 'ignore-abort', forMs: null }, 0],
    [{ kind: 'lie' }, 0],
    [{ kind: 'fail', terminal: false, code: '', message: '' }, 4],
    [{ kind: 'throw' }, 4],
    [{ kind: 'unknown', effect: 'none' }, 4],
    [{ kind: 'late', byMs: 1 }, 5],
  ])('%o, when it does not say, begins at %d of 5', (misbehaviour, index) => {
    expect(faultStage(aFault({ misbehaviour }), 5)).toBe(index);
  });
});
