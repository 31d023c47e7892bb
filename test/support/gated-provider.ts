import type { Capability, Step } from '../../src/core/domain/plan.ts';
import type { ProbeAnswer, Provider, StepCall, StepOutcome } from '../../src/core/ports/provider.ts';

/** A call to the hardware that a test lets end when it wants to. */
export interface GatedCall {
  readonly machineId: string;
  readonly runId: string;
  readonly step: Step;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly log: StepCall['log'];
  readonly progress: StepCall['progress'];
  /** Ends the call; done unless the test says otherwise. */
  finish(outcome?: StepOutcome): void;
}

const DONE: StepOutcome = { kind: 'done', message: 'done' };
const OVER: StepOutcome = { kind: 'failed', terminal: true, code: 'OVER', message: 'the test is over' };
const CAPABILITIES: readonly Capability[] = [
  'Power',
  'BootDevice',
  'Imaging',
  'RemoteExec',
  'Cluster',
  'Identity',
  'Inventory',
];

/** A provider whose calls end when the test says so, and not before, not even when they are aborted. */
export class GatedProvider implements Provider {
  readonly name: string;
  readonly drivers: Provider['drivers'];
  readonly #begun: GatedCall[] = [];
  readonly #open = new Set<GatedCall>();
  #released = false;
  readonly #waiting: ((call: GatedCall) => void)[] = [];

  constructor(name = 'gated', capabilities = CAPABILITIES) {
    this.name = name;
    const driver = {
      perform: (call: StepCall) => this.#perform(call),
      probe: async (): Promise<ProbeAnswer> => ({ kind: 'done', message: 'done' }),
    };
    this.drivers = Object.fromEntries(capabilities.map((capability) => [capability, driver]));
  }

  /** The next call that begins, or has begun and was not asked for yet. */
  next(): Promise<GatedCall> {
    const begun = this.#begun.shift();
    return begun === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(begun);
  }

  /** Ends every call that is open, and from now on every call as it begins. */
  release(): void {
    this.#released = true;
    for (const call of [...this.#open]) call.finish(OVER);
  }

  #perform({ machine, step, token, signal, log, progress }: StepCall): Promise<StepOutcome> {
    const { promise, resolve } = Promise.withResolvers<StepOutcome>();
    const call: GatedCall = {
      machineId: machine.id,
      runId: token.runId,
      step,
      attempt: token.attempt,
      signal,
      log,
      progress,
      finish: (outcome = DONE) => {
        this.#open.delete(call);
        resolve(outcome);
      },
    };
    if (this.#released) return Promise.resolve(OVER);
    this.#open.add(call);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#begun.push(call);
    else waiting(call);
    return promise;
  }
}
