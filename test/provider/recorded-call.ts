import type { Machine } from '../../src/core/domain/machine.ts';
import { STEP_KINDS, type Step } from '../../src/core/domain/plan.ts';
import type {
  CallToken,
  Driver,
  LogStream,
  ProbeAnswer,
  Provider,
  StepCall,
  StepOutcome,
} from '../../src/core/ports/provider.ts';

/** One thing that a provider told while it was called. */
export type Told =
  | { readonly kind: 'log'; readonly stream: LogStream; readonly line: string }
  | {
      readonly kind: 'progress';
      readonly current: number;
      readonly total: number;
      readonly unit: string;
      readonly note: string;
    };

/** How a call ended, a rejection included; null while it is going. */
export type Ended<T> = { readonly answer: T } | { readonly rejection: unknown } | null;

/** A call that is going or has ended, and all that it told. */
export interface RecordedCall<T> {
  readonly told: readonly Told[];
  /** How many of `told` came after the end. */
  readonly toldTooLate: number;
  readonly ended: Ended<T>;
  readonly abort: () => void;
}

/** The answer of a call that has ended with one. */
export function answerOf<T>({ ended }: RecordedCall<T>): T {
  if (ended === null) throw new Error('the call is still going');
  if ('rejection' in ended) throw new Error('the call was rejected', { cause: ended.rejection });
  return ended.answer;
}

/** What to call, and as whom. */
export interface Aim {
  readonly provider: Provider;
  readonly machine: Machine;
  readonly step: Step;
  readonly now: () => number;
  readonly token?: Partial<CallToken>;
  readonly signal?: AbortSignal;
}

/** The driver that carries the step out. */
function driverOf(provider: Provider, step: Step): Driver {
  const driver = provider.drivers[STEP_KINDS[step.action.kind].capabilities[0]];
  if (driver === undefined) throw new Error(`provider ${provider.name} has no driver for ${step.action.kind}`);
  return driver;
}

/** Begins to perform a step. */
export function perform(aim: Aim): RecordedCall<StepOutcome> {
  return record(aim, (call) => driverOf(aim.provider, aim.step).perform(call));
}

/** Begins to probe a step. */
export function probe(aim: Aim): RecordedCall<ProbeAnswer> {
  return record(aim, (call) => driverOf(aim.provider, aim.step).probe(call));
}

/** Begins a call and keeps what it tells. */
export function record<T>(aim: Aim, begin: (call: StepCall) => Promise<T>): RecordedCall<T> {
  const controller = new AbortController();
  const told: Told[] = [];
  let ended: Ended<T> = null;
  let toldTooLate = 0;
  const tell = (what: Told) => {
    told.push(what);
    if (ended !== null) toldTooLate += 1;
  };
  const call: StepCall = {
    machine: aim.machine,
    step: aim.step,
    token: { runId: 'run-1', step: 0, attempt: 1, fence: 1, ...aim.token },
    signal: aim.signal ?? controller.signal,
    deadline: aim.now() + aim.step.timeoutSeconds * 1_000,
    log: (stream, line) => tell({ kind: 'log', stream, line }),
    progress: (current, total, unit, note) => tell({ kind: 'progress', current, total, unit, note }),
  };
  void begin(call).then(
    (answer) => {
      ended = { answer };
    },
    (rejection: unknown) => {
      ended = { rejection };
    },
  );
  return {
    told,
    get toldTooLate() {
      return toldTooLate;
    },
    get ended() {
      return ended;
    },
    abort: () => controller.abort(),
  };
}
