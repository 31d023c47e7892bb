import type { StepKind } from '../../../core/domain/plan.ts';

/** Which table of delays: quick enough for tests, or slow enough to talk over. */
export type Speed = 'normal' | 'slow';

/** How long a step of each kind takes, in milliseconds. */
const DELAYS: Readonly<Record<StepKind, Readonly<Record<Speed, number>>>> = {
  netboot: { normal: 250, slow: 2_000 },
  reboot: { normal: 500, slow: 5_000 },
  repave: { normal: 1_000, slow: 10_000 },
  join: { normal: 1_100, slow: 8_500 },
  verify: { normal: 500, slow: 3_000 },
  rma: { normal: 250, slow: 2_000 },
  ssh: { normal: 1_000, slow: 1_000 },
  drain: { normal: 500, slow: 3_000 },
  power_off: { normal: 250, slow: 2_000 },
  net: { normal: 500, slow: 2_000 },
};

/** How long a step takes in whole milliseconds; `factor` 4 is four times as fast, `Infinity` takes no time at all. */
export function delayOf(kind: StepKind, speed: Speed, factor: number): number {
  return Math.round(DELAYS[kind][speed] / factor);
}
