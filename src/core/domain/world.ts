import type { Aggregate, RequestRecord } from './aggregate.ts';
import { decisionTime, runOf } from './aggregate.ts';
import { apply } from './apply.ts';
import { decideApprove, decideHold } from './decide/approve-step.ts';
import type { Announce, Outcome, ProbeOutcome } from './decide/attempt.ts';
import {
  decideBegin,
  decideBroken,
  decideIntent,
  decideInterrupted,
  decideOutcome,
  decideStopped,
  decideStuck,
  nextAction,
} from './decide/attempt.ts';
import { decideCancel, decideRetryNow } from './decide/cancel-run.ts';
import type { Decision } from './decide/decision.ts';
import { decideFinish } from './decide/finish.ts';
import { decideRegister } from './decide/machine.ts';
import type { Repair } from './decide/repair.ts';
import { decideRepair } from './decide/repair.ts';
import { decideStartRun } from './decide/start-run.ts';
import type { DomainEvent } from './event.ts';
import type { Refusal } from './refusal.ts';
import type { Run } from './run.ts';
import { isTerminal } from './run.ts';
import { anAggregate, aPlanOf, aSpec, aStart } from './testing.ts';
import type { Millis } from './time.ts';

/** Something that somebody does to the machine, or that happens to its server. */
export type Act =
  | { readonly act: 'register'; readonly rack: string; readonly serial: string }
  | { readonly act: 'start'; readonly request: number; readonly plan: string; readonly acknowledge: boolean }
  | { readonly act: 'cancel' | 'retry-now'; readonly run: number }
  | { readonly act: 'repair'; readonly request: number; readonly repair: Repair['method']; readonly release: boolean }
  | { readonly act: 'go-on' }
  | { readonly act: 'call-ends'; readonly outcome: Outcome; readonly probe: ProbeOutcome }
  | { readonly act: 'server-dies' | 'call-is-stuck' | 'reap' | 'fault' | 'finish' | 'approve' }
  | { readonly act: 'announce'; readonly step: number; readonly attempt: number; readonly probe: boolean }
  | { readonly act: 'time'; readonly ms: number };

/** An event with the time at which it happened, and what it led from and to. */
export interface Happened {
  readonly event: DomainEvent;
  readonly at: Millis;
  readonly before: Aggregate;
  readonly after: Aggregate;
}

/** A call that was announced and has not ended. */
interface Call {
  readonly runId: string;
  readonly fence: number;
  readonly probe: boolean;
}

/** An own plan in which failures are passed over, cleaned up after, and waited for: all that built-in plans have not. */
const OWN_PLAN = aPlanOf(
  { action: { kind: 'drain' }, hold: 'Is the rack free?' },
  { action: { kind: 'reboot', force: false }, onFailure: 'continue' },
  { maxRetries: 0, always: true },
  { action: { kind: 'ssh', scriptRef: 'script/x', args: {}, restartable: true } },
  { always: true, onFailure: 'continue' },
  { always: true, hold: 'Is the medium out?' },
);

/** One machine, its runs and their owner, in memory: decide and apply without a store. */
export class World {
  aggregate: Aggregate = anAggregate(null);
  readonly history: Happened[] = [];
  readonly #requests = new Map<string, RequestRecord>();
  #fence = 1;
  #call: Call | null = null;
  #runs = 0;

  /** Every run that there ever was, the oldest first. */
  get runs(): readonly Run[] {
    return this.aggregate.runs.map((planned) => planned.run);
  }

  /** Does it, or has it refused; true where anything was written. */
  do(act: Act): boolean {
    switch (act.act) {
      case 'register': {
        const spec = aSpec({ rack: act.rack, serial: act.serial });
        return this.#commit(decideRegister(this.aggregate, { spec, labels: {}, etag: '' }));
      }
      case 'start':
        return this.#start(act.request, act.plan, act.acknowledge);
      case 'cancel':
        return this.#commit(decideCancel(this.aggregate, { runId: this.#pick(act.run), by: 'bob', reason: 'why' }));
      case 'retry-now':
        return this.#commit(decideRetryNow(this.aggregate, this.#pick(act.run)));
      case 'repair':
        return this.#repair(act.request, act.repair, act.release);
      case 'go-on':
        return this.#goOn();
      case 'call-ends':
        return this.#callEnds(act.outcome, act.probe);
      case 'server-dies':
        this.#fence += 1;
        this.#call = null;
        return false;
      case 'call-is-stuck':
        return this.#callIsStuck();
      case 'reap':
        return this.#reap();
      case 'fault':
        return this.#call === null && this.#commit(decideBroken(this.aggregate, this.#active(), 'fault'));
      case 'finish':
        return this.#commit(decideFinish(this.aggregate, this.#active()));
      case 'approve':
        return this.#approve();
      case 'announce':
        return this.#announce({ ...act, runId: this.#active(), fence: this.#fence });
      case 'time':
        this.aggregate = { ...this.aggregate, now: this.aggregate.now + act.ms };
        return false;
    }
  }

  #pick(index: number): string {
    return this.runs[index % Math.max(1, this.runs.length)]?.id ?? 'none';
  }

  #active(): string {
    return this.aggregate.machine?.activeRunId ?? 'none';
  }

  #start(request: number, plan: string, acknowledge: boolean): boolean {
    const requestId = `request-${request}`;
    this.#runs += 1;
    const own = plan === 'own' ? { plan: OWN_PLAN } : {};
    const start = { runId: `run-${this.#runs}`, requestId, acknowledgeIntervention: acknowledge, ...own };
    const command = aStart(plan, start);
    const decision = decideStartRun(this.#asked(requestId), command);
    return decision.kind !== 'existing' && this.#commit(decision);
  }

  #repair(request: number, method: Repair['method'], release: boolean): boolean {
    const requestId = `request-${request}`;
    const replacement = { serial: '', macAddresses: [], bmcAddress: '198.51.100.7' };
    const command: Repair = { requestId, reason: 'why', method, releaseStuck: release, replacement };
    const decision = decideRepair(this.#asked(requestId), command);
    if (decision.kind === 'existing') return false;
    if (decision.kind === 'decision' && decision.releasedRunId !== null) this.#fence += 1;
    return this.#commit(decision);
  }

  #asked(requestId: string): Aggregate {
    return { ...this.aggregate, request: this.#requests.get(requestId) ?? null };
  }

  /** What the owner of the active run does next; one call at a time. */
  #goOn(): boolean {
    const planned = runOf(this.aggregate, this.#active());
    if (planned === null || this.#call !== null) return false;
    const { id: runId } = planned.run;
    const action = nextAction(planned, this.#fence, decisionTime(this.aggregate));
    switch (action.kind) {
      case 'start':
        return this.#commit(decideBegin(this.aggregate, runId));
      case 'record-interruption':
        return this.#commit(decideInterrupted(this.aggregate, runId, this.#fence, 'its server died'));
      case 'attempt':
        return this.#announce({ ...action, runId, fence: this.#fence });
      case 'wait':
        return this.do({ act: 'time', ms: action.until - this.aggregate.now });
      case 'hold':
        return this.#commit(decideHold(this.aggregate, runId, this.#fence, action.step));
      case 'finish':
        return this.#commit(decideFinish(this.aggregate, runId));
      case 'record-stop':
      case 'nothing':
        return false;
    }
  }

  /** Lets the step begin at which the active run is. */
  #approve(): boolean {
    const run = runOf(this.aggregate, this.#active())?.run;
    const step = run?.steps[run.currentStep]?.name ?? 'none';
    return this.#commit(decideApprove(this.aggregate, { runId: this.#active(), step, by: 'carol', reason: 'why' }));
  }

  #announce(announce: Announce): boolean {
    if (this.#call !== null || !this.#commit(decideIntent(this.aggregate, announce))) return false;
    this.#call = { runId: announce.runId, fence: announce.fence, probe: announce.probe };
    return true;
  }

  #callEnds(outcome: Outcome, probe: ProbeOutcome): boolean {
    const call = this.#call;
    if (call === null) return false;
    this.#call = null;
    const ended = { runId: call.runId, fence: call.fence, outcome: call.probe ? probe : outcome };
    return this.#commit(decideOutcome(this.aggregate, ended, 0.5));
  }

  #callIsStuck(): boolean {
    return this.#call !== null && this.#commit(decideStuck(this.aggregate, this.#call.runId, 10_000));
  }

  /** Takes away the hold of a run whose server is dead. */
  #reap(): boolean {
    const held = this.aggregate.machine?.stoppingRunId ?? null;
    return held !== null && this.#call?.runId !== held && this.#commit(decideStopped(this.aggregate, held));
  }

  #commit(decision: Decision | Refusal): boolean {
    if (decision.kind === 'refusal') return false;
    const at = decisionTime(this.aggregate);
    for (const event of decision.events) {
      const before = this.aggregate;
      this.aggregate = apply(before, event, at);
      this.history.push({ event, at, before, after: this.aggregate });
    }
    if (decision.request !== null) this.#requests.set(decision.request.requestId, decision.request);
    return decision.events.length > 0;
  }
}

/** The runs that have not ended. */
export function activeRuns(world: World): readonly Run[] {
  return world.runs.filter((run) => !isTerminal(run.phase));
}
