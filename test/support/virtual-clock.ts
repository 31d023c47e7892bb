import type { Millis } from '../../src/core/domain/time.ts';
import type { Clock } from '../../src/core/ports/clock.ts';

interface Timer {
  readonly at: number;
  readonly wake: () => void;
}

/** More timers than this in one `advance` is a test that goes round in circles. */
const MAX_TIMERS = 1_000_000;

/** Time that moves only when a test moves it. Timers due at the same time run in the order in which they were set. */
export class VirtualClock implements Clock {
  #wall: Millis;
  #elapsed = 0;
  /** By time, earliest first; equal times in the order in which they were set. */
  readonly #timers: Timer[] = [];

  constructor(start: Millis = Date.UTC(2030, 0, 1)) {
    this.#wall = start;
  }

  now(): Millis {
    return this.#wall;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(ms: number, wake: () => void): () => void {
    const timer: Timer = { at: this.#elapsed + Math.max(0, ms), wake };
    const place = this.#timers.findLastIndex((other) => other.at <= timer.at);
    this.#timers.splice(place + 1, 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length;
  }

  /**
   * Lets `ms` pass: stops at each timer on the way, also at those set meanwhile, and lets everything settle that follows from
   * it before time goes on. Settles before it begins, so that what was just called has set its timers.
   */
  async advance(ms: number): Promise<void> {
    await settle();
    const target = this.#elapsed + ms;
    for (let ran = 0; ; ran += 1) {
      const timer = this.#timers[0];
      if (timer === undefined || timer.at > target) break;
      if (ran >= MAX_TIMERS) throw new Error(`more than ${MAX_TIMERS} timers ran within ${ms} ms of virtual time`);
      this.#timers.shift();
      this.#moveTo(timer.at);
      timer.wake();
      await settle();
    }
    this.#moveTo(target);
  }

  /** Moves the wall clock alone, as a correction of the system time does; no timer runs. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  #moveTo(elapsed: number): void {
    this.#wall += elapsed - this.#elapsed;
    this.#elapsed = elapsed;
  }
}

/** Resolves when every promise that can go on without time or I/O has done so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
