import type { Aggregate } from '../domain/aggregate.ts';
import { decisionTime, runOf } from '../domain/aggregate.ts';
import { attemptAfterRecord, decideAnnouncement, decideEnd, decideRecord } from '../domain/decide/announcement.ts';
import { decideHold } from '../domain/decide/approve-step.ts';
import type { Announce, NextAction, Outcome, ProbeOutcome } from '../domain/decide/attempt.ts';
import { decideBroken, decideStopped, decideStuck, nextAction } from '../domain/decide/attempt.ts';
import type { Decision } from '../domain/decide/decision.ts';
import { decideFinish } from '../domain/decide/finish.ts';
import type { Clock } from '../ports/clock.ts';
import { wait } from '../ports/clock.ts';
import type { CoreLog } from '../ports/log.ts';
import type { ProviderRegistry } from '../ports/provider.ts';
import type { Claim, Claimed, Store } from '../ports/store.ts';
import type { OngoingCall, StopReason } from './call.ts';
import { beginCall } from './call.ts';
import type { Gate } from './gate.ts';
import type { LogWriter } from './log-writer.ts';
import { transact } from './transact.ts';
import type { Turns } from './turns.ts';

/** A call begins at most this long after its intent was sent, in milliseconds; else the intent is sent again. */
const INTENT_GOOD_FOR_MS = 500;
/** How long a call that was told to stop for its timeout has to return, in milliseconds. */
export const GRACE_MS = 10_000;
/** The longest wait between two tries to reach a store that is away, in milliseconds. */
const MAX_STORE_WAIT_MS = 2_000;

/** What every driver of one server shares. */
export interface DriverContext {
  readonly store: Store;
  readonly providers: ProviderRegistry;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly instance: string;
  readonly logs: LogWriter;
  /** Closed while calls must not begin. */
  readonly gate: Gate;
  /** Keeps announcements from making one another too old. */
  readonly turns: Turns;
  readonly log: CoreLog;
  /** Begins with a run that was taken over from one that has ended. */
  readonly takeOver: (next: Claimed) => void;
  /** Aborted when the server stops for good: nothing is waited for any more. */
  readonly killed: AbortSignal;
}

/** Carries one claimed run on, step by step, until it ends, waits in back-off, or belongs to somebody else. */
export class RunDriver {
  readonly claim: Claim;
  readonly #context: DriverContext;
  #call: OngoingCall | null = null;
  #stopReason: StopReason | null = null;
  #drained = false;
  #givesBack = false;
  /** What came with the claim, until it is used. */
  #loaded: Aggregate | null;

  constructor(context: DriverContext, { loaded, ...claim }: Claimed) {
    this.#context = context;
    this.claim = claim;
    this.#loaded = loaded ?? null;
  }

  /** True while a call to the hardware is under way. */
  get calling(): boolean {
    return this.#call !== null;
  }

  /** Tells the call under way to stop, and keeps another from beginning. */
  stop(reason: StopReason): void {
    this.#stopReason ??= reason;
    this.#call?.stop(reason);
  }

  /** Lets the call under way end, but begins no other. */
  drain(): void {
    this.#drained = true;
  }

  /** Resolves when this server has nothing more to do for the run under this claim. Never rejects. */
  async drive(): Promise<void> {
    const { log, store, instance, logs } = this.#context;
    try {
      while (await this.#advance());
    } catch (error) {
      log.error({ err: error, run: this.claim.runId }, 'a run could not be carried on');
      await this.#fail(error);
    }
    logs.end(this.claim);
    if (!this.#drained && !this.#givesBack) return;
    try {
      await store.release(this.claim, instance);
    } catch (error) {
      log.warn({ err: error, run: this.claim.runId }, 'a run could not be given back; its lease will end');
    }
  }

  /** Does the next thing; false where there is nothing more to do. */
  async #advance(): Promise<boolean> {
    // A run that was canceled under it has ended; that nobody calls its machine for it may still have to be recorded.
    if (this.#drained || (this.#stopReason !== null && this.#stopReason !== 'canceled')) return false;
    const { machineId, runId, fence } = this.claim;
    const loaded = this.#loaded;
    this.#loaded = null;
    const aggregate = loaded ?? (await this.#persist(() => this.#context.store.load(machineId, { runId })));
    const planned = aggregate === null ? null : runOf(aggregate, runId);
    if (aggregate === null || planned === null) return false;
    const action = nextAction(planned, fence, decisionTime(aggregate));
    return this.#act(action, aggregate);
  }

  async #act(action: NextAction, loaded: Aggregate): Promise<boolean> {
    const { runId, fence } = this.claim;
    switch (action.kind) {
      case 'start':
      case 'record-interruption': {
        const next = attemptAfterRecord(loaded, runId, fence);
        if (next !== null) return this.#attempt(next, loaded);
        return (await this.#decide((aggregate) => decideRecord(aggregate, runId, fence), loaded)) !== null;
      }
      case 'attempt':
        return this.#attempt({ ...action, runId, fence }, loaded);
      case 'hold':
        // Nobody works on it meanwhile: it is due again once it is approved.
        await this.#decide((aggregate) => decideHold(aggregate, runId, fence, action.step), loaded);
        return false;
      case 'finish':
        await this.#decide((aggregate) => decideFinish(aggregate, runId), loaded);
        return false;
      case 'record-stop':
        await this.#decide((aggregate) => decideStopped(aggregate, runId));
        return false;
      case 'wait':
        // The clock was set back since the claim: whoever is there when the time comes takes it.
        this.#givesBack = true;
        return false;
      case 'nothing':
        return false;
    }
  }

  /** Announces an attempt, makes the call, and records how it ended. */
  async #attempt(announce: Announce, loaded: Aggregate): Promise<boolean> {
    const announced = await this.#announce(announce, loaded);
    if (announced === null) return false;
    if (this.#stopReason !== null) {
      return this.#record({ kind: 'interrupted', message: 'stopped before the call was made' }, announced, announce);
    }
    const call = this.#begin(announced, announce);
    this.#call = call;
    try {
      const outcome = await this.#outcome(call);
      if (outcome === null) return false;
      return await this.#record(outcome, announced, announce);
    } catch (error) {
      // Whatever went wrong on our side, the machine is not let go while a call to it may be under way.
      call.stop('fenced');
      await this.#returnedOrKilled(call);
      throw error;
    } finally {
      this.#call = null;
    }
  }

  /** Commits the intent, anew where it has gone stale before the call may begin. */
  async #announce(announce: Announce, loaded: Aggregate): Promise<Aggregate | null> {
    const { gate, killed } = this.#context;
    for (let fresh: Aggregate | undefined = gate.isOpen ? loaded : undefined; ; fresh = undefined) {
      await gate.passed(killed);
      const { aggregate, inTime } = await this.#sendIntent(announce, fresh);
      const planned = aggregate === null ? null : runOf(aggregate, announce.runId);
      if (aggregate === null || planned === null) return null;
      if (planned.run.phase !== 'RUNNING') {
        // Canceled between two announcements: the first one holds the machine, and no call will ever return for it.
        await this.#decide((now) => decideStopped(now, announce.runId));
        return null;
      }
      if (gate.isOpen && inTime) return aggregate;
    }
  }

  /** Commits the intent when it is its turn; `fresh` where it was loaded a moment ago and sent for the first time. */
  async #sendIntent(
    announce: Announce,
    fresh: Aggregate | undefined,
  ): Promise<{ readonly aggregate: Aggregate | null; readonly inTime: boolean }> {
    const { clock, turns, killed } = this.#context;
    const wasFree = await turns.enter(killed, fresh === undefined);
    const sent = clock.monotonic();
    const isInTime = () => clock.monotonic() - sent <= INTENT_GOOD_FOR_MS;
    try {
      const aggregate = await this.#decide((now) => decideAnnouncement(now, announce), wasFree ? fresh : undefined);
      return { aggregate, inTime: isInTime() };
    } finally {
      turns.leave(isInTime());
    }
  }

  #begin(aggregate: Aggregate, { step: index, attempt, probe }: Announce): OngoingCall {
    const { providers, clock, logs } = this.#context;
    const planned = runOf(aggregate, this.claim.runId);
    const step = planned?.plan.steps[index];
    const intent = planned?.run.steps[index]?.intent;
    if (aggregate.machine === null || step === undefined || !intent) {
      throw new Error(`step ${index} of run ${this.claim.runId} was announced and is not there`);
    }
    let open = true;
    const call = beginCall(
      providers,
      {
        machine: aggregate.machine,
        step,
        token: { runId: this.claim.runId, step: index, attempt, fence: this.claim.fence },
        deadline: intent.deadline,
        log: (stream, line) => {
          if (open) logs.line(this.claim, stream, line, step.name, attempt);
        },
        progress: (current, total, unit, note) => {
          if (open) logs.progress(this.claim, { step: index, attempt, current, total, unit, note });
        },
      },
      probe,
      clock,
    );
    void call.returned.then(() => {
      open = false;
    });
    return call;
  }

  /** Waits for the call to end as it may; null where the server goes away before it has. */
  async #outcome(call: OngoingCall): Promise<Outcome | ProbeOutcome | null> {
    const first = await Promise.race([call.returned, call.stopped]);
    if (typeof first !== 'string') return first;
    if (first === 'timeout') return this.#timedOut(call);
    const returned = await this.#returnedOrKilled(call);
    if (returned === null || first !== 'shutdown') return returned;
    const settled = returned.kind === 'done' || returned.kind === 'probed-done';
    return settled ? returned : { kind: 'interrupted', message: 'the server was stopped in mid-call' };
  }

  async #timedOut(call: OngoingCall): Promise<Outcome | ProbeOutcome | null> {
    const { clock, killed } = this.#context;
    const giveUp = new AbortController();
    const grace = wait(clock, GRACE_MS, AbortSignal.any([giveUp.signal, killed]));
    const returned = await Promise.race([call.returned, grace]);
    giveUp.abort();
    if (typeof returned !== 'boolean') return { kind: 'timeout', message: 'timed out' };
    if (killed.aborted) return null;
    await this.#decide((aggregate) => decideStuck(aggregate, this.claim.runId, GRACE_MS));
    return this.#returnedOrKilled(call);
  }

  #returnedOrKilled(call: OngoingCall): Promise<Outcome | ProbeOutcome | null> {
    const { killed } = this.#context;
    if (killed.aborted) return Promise.resolve(null);
    return new Promise((resolve) => {
      const gone = () => resolve(null);
      killed.addEventListener('abort', gone, { once: true });
      void call.returned.then((outcome) => {
        killed.removeEventListener('abort', gone);
        resolve(outcome);
      });
    });
  }

  /** Writes the outcome down, after the call's last log line; what a probe allows is done under the same announcement. */
  async #record(outcome: Outcome | ProbeOutcome, announced: Aggregate, announce: Announce): Promise<boolean> {
    const { runId, fence } = this.claim;
    const random = this.#context.random();
    await this.#flush();
    const aggregate = await this.#decide((now) => decideEnd(now, { runId, fence, outcome }, random));
    const run = aggregate === null ? null : runOf(aggregate, runId)?.run;
    if (!aggregate || !run || announced.machine === null) return false;
    const status = run.steps[announce.step];
    if (status?.nextRetryAt != null && status.nextRetryAt > decisionTime(aggregate)) return false;
    return run.phase === 'RUNNING';
  }

  async #flush(): Promise<void> {
    const { logs, killed } = this.#context;
    if (killed.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const gone = () => resolve();
    killed.addEventListener('abort', gone, { once: true });
    await Promise.race([logs.flush(this.claim), promise]);
    killed.removeEventListener('abort', gone);
  }

  /** The last resort against a fault of our own: the run fails with INTERNAL instead of standing still. */
  async #fail(error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : 'unknown fault';
    try {
      await this.#decide((aggregate) => decideBroken(aggregate, this.claim.runId, message));
    } catch (second) {
      this.#context.log.error({ err: second, run: this.claim.runId }, 'and it could not be failed either');
    }
  }

  /** Commits as the owner of the run; null where it is not the owner any more. */
  async #decide(decide: (aggregate: Aggregate) => Decision, loaded?: Aggregate): Promise<Aggregate | null> {
    const { store, instance } = this.#context;
    const { machineId, runId, fence } = this.claim;
    const origin = { actor: 'engine', peer: '', requestId: '', reason: '', method: '', server: instance };
    const guard = { runId, owner: instance, fence };
    const takesOver = () => !this.#drained && this.#stopReason === null;
    const command = { machineId, runId, origin, guard, takesOver };
    for (let from = loaded; ; from = undefined) {
      const first = from === undefined ? command : { ...command, loaded: from };
      const result = await this.#persist(() => transact(store, first, decide));
      if (result === null || result.kind === 'fenced') return null;
      if (result.kind === 'transacted') {
        if (result.next !== null) this.#context.takeOver(result.next);
        return result.aggregate;
      }
      this.#context.log.warn({ run: runId, refusal: result.message }, 'a decision did not get through; again');
    }
  }

  /** Tries until the store answers: what was decided is not lost because the store is away. Null when the server is killed. */
  async #persist<T>(action: () => Promise<T>): Promise<T | null> {
    const { clock, killed, log } = this.#context;
    for (let pause = 50; ; pause = Math.min(pause * 2, MAX_STORE_WAIT_MS)) {
      if (killed.aborted) return null;
      try {
        return await action();
      } catch (error) {
        if (!isStoreAway(error)) throw error;
        log.warn({ err: error, run: this.claim.runId }, 'the store is away; again');
        if (!(await wait(clock, pause, killed))) return null;
      }
    }
  }
}

/** Stores mark what will pass by itself with this name. */
function isStoreAway(error: unknown): boolean {
  return error instanceof Error && error.name === 'StoreUnavailable';
}
