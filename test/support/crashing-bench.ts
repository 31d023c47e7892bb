import { createEngine } from '../../src/core/engine/engine.ts';
import type { Store } from '../../src/core/ports/store.ts';
import { EngineBench } from './engine-bench.ts';
import { settle } from './virtual-clock.ts';

/** A bench whose server can be killed: from then on nothing that it asks of the store is answered, and its calls are gone. */
export class CrashingBench {
  readonly bench: EngineBench;
  readonly #maxRuns: number;
  #sever = () => {};
  #servers = 0;

  constructor(bench = new EngineBench(), maxRuns = 1_000) {
    this.bench = bench;
    this.#maxRuns = maxRuns;
  }

  /** Starts a server that was never there before. */
  async boot(): Promise<void> {
    let dead = false;
    const store = new Proxy(this.bench.store, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        if (name === 'subscribe') return target.subscribe.bind(target);
        return (...args: unknown[]) => (dead ? new Promise(() => {}) : Reflect.apply(value, target, args));
      },
    }) as Store;
    this.#sever = () => {
      dead = true;
      this.bench.provider.pending.splice(0);
    };
    this.#servers += 1;
    const instance = `crashing-${this.#servers}`;
    const quiet = () => {};
    this.bench.engine = createEngine({
      store,
      providers: new Map([[this.bench.provider.name, this.bench.provider]]),
      clock: this.bench.clock,
      random: () => 0.5,
      instance,
      maxRuns: this.#maxRuns,
      log: { info: quiet, warn: quiet, error: quiet },
    });
    this.bench.engine.start();
    await settle();
  }

  /** Kills the server, and starts another. */
  async crash(): Promise<void> {
    this.#sever();
    await this.boot();
    await settle();
  }

  /** Stops the server as an operator does; until `boot` there is none. */
  async halt(): Promise<void> {
    const stopped = this.bench.engine.stop(3_000);
    await this.bench.clock.advance(10_000);
    await stopped;
    this.bench.provider.pending.splice(0);
  }
}
