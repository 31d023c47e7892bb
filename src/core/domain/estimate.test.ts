import { describe, expect, it } from 'vitest';
import type { PastRun } from './estimate.ts';
import { ENOUGH_OF_A_MODEL, estimatesFrom } from './estimate.ts';
import type { Run } from './run.ts';

const past = (model: string, ms: number, phase: Run['phase'] = 'SUCCEEDED'): PastRun => ({
  model,
  run: {
    phase,
    startedAt: 1_000,
    finishedAt: 1_000 + ms,
    steps: [{ name: 'reboot', startedAt: 1_000, finishedAt: 1_000 + ms / 2 }],
  } as unknown as Run,
});

describe('estimates from history', () => {
  it('there are none without history', () => {
    expect(estimatesFrom([], 'M1')).toEqual({ whole: null, steps: new Map() });
  });

  it('take the median and the 95th percentile of runs and steps', () => {
    const runs = Array.from({ length: 20 }, (_, at) => past('', (at + 1) * 100));
    const { whole, steps } = estimatesFrom(runs, '');
    expect(whole).toEqual({ medianMs: 1_000, p95Ms: 1_900, samples: 20, model: '' });
    expect(steps.get('reboot')).toMatchObject({ medianMs: 500, p95Ms: 950 });
  });

  it('speak of the machine model alone once there is enough of it', () => {
    const others = Array.from({ length: 10 }, () => past('M2', 9_000));
    const few = Array.from({ length: ENOUGH_OF_A_MODEL - 1 }, () => past('M1', 100));
    expect(estimatesFrom([...others, ...few], 'M1').whole).toMatchObject({ model: '', samples: 14, medianMs: 9_000 });
    const enough = [...few, past('M1', 100)];
    expect(estimatesFrom([...others, ...enough], 'M1').whole).toMatchObject({ model: 'M1', samples: 5, medianMs: 100 });
  });

  it('learn nothing from runs that did not end well', () => {
    expect(estimatesFrom([past('', 100, 'FAILED'), past('', 100, 'CANCELED')], '').whole).toBeNull();
  });
});
