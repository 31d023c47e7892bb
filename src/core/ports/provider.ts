import type { Machine } from '../domain/machine.ts';
import type { Capability, Step } from '../domain/plan.ts';
import type { Millis } from '../domain/time.ts';

/** Which call this is. A provider may refuse a token whose fence is lower than the highest it has seen for the machine. */
export interface CallToken {
  readonly runId: string;
  readonly step: number;
  readonly attempt: number;
  readonly fence: number;
}

/** The two streams of a call's log. */
export type LogStream = 'stdout' | 'stderr';

/** Everything that a call to the hardware is given. */
export interface StepCall {
  readonly machine: Machine;
  /** The step with every param filled in. */
  readonly step: Step;
  readonly token: CallToken;
  /** Aborted when the call has to stop: canceled, timed out, or the server goes away. */
  readonly signal: AbortSignal;
  /** When the attempt times out, by the store's clock. */
  readonly deadline: Millis;
  /** Takes one line, without its end. Lines of a call keep their order. */
  readonly log: (stream: LogStream, line: string) => void;
  /** Tells how far the call has come; `current` never goes back within a call. */
  readonly progress: (current: number, total: number, unit: string, note: string) => void;
}

/** How a call ended, as the provider knows it; a provider reads back what it wrote before it says done. */
export type StepOutcome =
  | { readonly kind: 'done'; readonly message: string }
  | {
      readonly kind: 'failed';
      /** A terminal failure is never retried. */
      readonly terminal: boolean;
      /** SCREAMING_SNAKE word for programs. */
      readonly code: string;
      readonly message: string;
    }
  | { readonly kind: 'unknown'; readonly message: string };

/** What the hardware says when it is asked what became of a call. */
export interface ProbeAnswer {
  readonly kind: 'done' | 'not-done' | 'cannot-tell';
  readonly message: string;
}

/** Carries out the step kinds of one capability. */
export interface Driver {
  /** Performs the step; a rejection is taken as a retryable failure and never harms the server. */
  perform(call: StepCall): Promise<StepOutcome>;
  /** Finds out, without changing anything, whether an earlier attempt at this step has taken effect. */
  probe(call: StepCall): Promise<ProbeAnswer>;
}

/** A way to reach machines: one driver a capability, from one maker or put together from several. */
export interface Provider {
  readonly name: string;
  readonly drivers: Readonly<Partial<Record<Capability, Driver>>>;
}

/** The providers that a server has, by the name that `spec.provider` gives. */
export type ProviderRegistry = ReadonlyMap<string, Provider>;

/** What a provider of the registry can do, or null where there is none of that name. */
export function capabilitiesIn(registry: ProviderRegistry, name: string): ReadonlySet<Capability> | null {
  const provider = registry.get(name);
  return provider === undefined ? null : new Set(Object.keys(provider.drivers) as Capability[]);
}
