import type { Outcome, ProbeOutcome } from '../domain/decide/attempt.ts';
import { STEP_KINDS } from '../domain/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { Driver, ProviderRegistry, StepCall } from '../ports/provider.ts';

/** Why a call was told to stop. */
export type StopReason = 'timeout' | 'canceled' | 'shutdown' | 'fenced';

/** A call to the hardware that is under way. */
export interface OngoingCall {
  /** Resolves once, with what the provider answered; never rejects, whatever the provider does. */
  readonly returned: Promise<Outcome | ProbeOutcome>;
  /** Why it was told to stop, null while it was not. */
  readonly stopReason: () => StopReason | null;
  /** Tells the call to stop; the first reason stands. */
  readonly stop: (reason: StopReason) => void;
  /** Resolves when the call has been told to stop. */
  readonly stopped: Promise<StopReason>;
}

/** The longest message of an outcome that is kept, in characters. */
const MAX_MESSAGE = 1_024;
/** What a provider may call a failure. */
const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;
/** Line ends, escapes and other control characters. */
const CONTROL = /\p{Cc}+/gu;

/** Makes the call; it is told to stop when the step's timeout is over. */
export function beginCall(
  providers: ProviderRegistry,
  call: Omit<StepCall, 'signal'>,
  probe: boolean,
  clock: Clock,
): OngoingCall {
  const controller = new AbortController();
  const { promise: stopped, resolve: tellStopped } = Promise.withResolvers<StopReason>();
  let reason: StopReason | null = null;
  const stop = (why: StopReason) => {
    if (reason !== null) return;
    reason = why;
    controller.abort(new Error(`the call was stopped: ${why}`));
    tellStopped(why);
  };
  const cancelTimer = clock.after(call.step.timeoutSeconds * 1_000, () => stop('timeout'));
  const answered = ask(providers, { ...call, signal: controller.signal }, probe);
  const returned = answered.finally(cancelTimer);
  return { returned, stopReason: () => reason, stop, stopped };
}

async function ask(providers: ProviderRegistry, call: StepCall, probe: boolean): Promise<Outcome | ProbeOutcome> {
  const provider = call.machine.spec.provider;
  const [capability] = STEP_KINDS[call.step.action.kind].capabilities;
  const driver = providers.get(provider)?.drivers[capability];
  if (driver === undefined) {
    const message = `provider "${provider}" has no ${capability} on this server`;
    return probe
      ? { kind: 'cannot-tell', message }
      : { kind: 'failed', terminal: true, code: 'CAPABILITY_MISSING', message };
  }
  return probe ? probed(driver, call) : performed(driver, call);
}

/** Takes what the provider says only in the shape that the port allows: a provider may be wrong about anything. */
async function performed(driver: Driver, call: StepCall): Promise<Outcome> {
  try {
    const said: unknown = await driver.perform(call);
    const { kind, message, terminal, code } = fieldsOf(said);
    const text = bounded(message);
    if (kind === 'done' || kind === 'unknown') return { kind, message: text };
    if (kind === 'failed') {
      return { kind, terminal: terminal === true, code: codeOf(code), message: text };
    }
    const told = 'the provider answered with something that is no outcome';
    return { kind: 'failed', terminal: false, code: 'PROVIDER_NONSENSE', message: told };
  } catch (error) {
    return { kind: 'failed', terminal: false, code: 'PROVIDER_ERROR', message: describe(error) };
  }
}

async function probed(driver: Driver, call: StepCall): Promise<ProbeOutcome> {
  try {
    const said: unknown = await driver.probe(call);
    const { kind, message } = fieldsOf(said);
    if (kind === 'done') return { kind: 'probed-done', message: bounded(message) };
    if (kind === 'not-done') return { kind: 'probed-not-done', message: bounded(message) };
    return { kind: 'cannot-tell', message: bounded(message) };
  } catch (error) {
    return { kind: 'cannot-tell', message: describe(error) };
  }
}

function fieldsOf(said: unknown): Readonly<Record<string, unknown>> {
  return typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : {};
}

function codeOf(code: unknown): string {
  return typeof code === 'string' && CODE.test(code) ? code : 'FAILED';
}

/** A message as it may be kept and shown: bounded, and without what would move a terminal's cursor. */
function bounded(text: unknown): string {
  return typeof text === 'string' ? text.slice(0, MAX_MESSAGE).replace(CONTROL, ' ') : '';
}

function describe(error: unknown): string {
  try {
    const text = error instanceof Error ? error.message : String(error);
    return bounded(text) || 'the provider threw an error without a message';
  } catch {
    return 'the provider threw something that cannot be told';
  }
}
