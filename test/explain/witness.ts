import type { AdmissionLimit } from '../../src/core/domain/admission.ts';
import type { Machine } from '../../src/core/domain/machine.ts';
import type { Run } from '../../src/core/domain/run.ts';
import { isTerminal } from '../../src/core/domain/run.ts';
import type { Millis } from '../../src/core/domain/time.ts';
import type { Change, Claim, RunRow, Store } from '../../src/core/ports/store.ts';

/** What somebody who has seen everything says that a run or a machine waits for. */
export interface Truth {
  readonly kind:
    | 'none'
    | 'PROVIDER'
    | 'BACK_OFF'
    | 'SLOT'
    | 'STOPPING'
    | 'INTERVENTION'
    | 'RECOVERY'
    | 'APPROVAL'
    | 'REPLACEMENT';
  readonly since: Millis | null;
  readonly until: Millis | null;
  readonly step: string;
  readonly attempt: number;
  /** What is full, and how many come before it there. */
  readonly places: readonly { readonly scope: string; readonly before: number }[];
  /** Words that have to be in the sentence about it. */
  readonly words: readonly string[];
}

const NOTHING: Truth = { kind: 'none', since: null, until: null, step: '', attempt: 0, places: [], words: [] };

/** What was seen of one run. */
interface Seen {
  /** When its last event happened, and what that said. */
  at: Millis;
  message: string;
  /** From when on a server may take it, null while none may. */
  dueAt: Millis | null;
  /** It has its places in rack, cluster and provider: a server has claimed it, and its machine is not let go yet. */
  placed: boolean;
}

/**
 * Stands by while an engine works, and tells what each run waits for from what was written and claimed: by the rules as engine.md
 * and ADR 9 have them, and not by the code that answers the operator.
 */
export class Witness {
  readonly #store: Store;
  readonly #limits: readonly AdmissionLimit[];
  readonly #seen = new Map<string, Seen>();

  constructor(store: Store, limits: readonly AdmissionLimit[]) {
    this.#store = store;
    this.#limits = limits;
  }

  /** The runs that there ever were. */
  get runs(): readonly string[] {
    return [...this.#seen.keys()];
  }

  /** Takes note of what was written. */
  committed({ events }: Change): void {
    for (const { subject, kind, runId, at, message, after } of events) {
      if (subject !== 'run') continue;
      const seen = this.#seen.get(runId) ?? { at, message, dueAt: at, placed: false };
      this.#seen.set(runId, Object.assign(seen, { at, message }));
      const run = after as Run;
      if (kind === 'ATTEMPT_FAILED') seen.dueAt = run.steps[run.currentStep]?.nextRetryAt ?? null;
      if (kind === 'STEP_HELD') seen.dueAt = null;
      if (kind === 'BACK_OFF_SKIPPED' || kind === 'STEP_APPROVED') seen.dueAt = at;
      if (isTerminal(run.phase)) seen.dueAt = null;
      if (isTerminal(run.phase) && !run.stopping) seen.placed = false;
    }
  }

  /** Takes note of what was claimed. */
  claimed(claims: readonly Claim[]): void {
    for (const { runId } of claims) this.#of(runId).placed = true;
  }

  /** What a run waits for at this moment. */
  async ofRun(row: RunRow, now: Millis): Promise<Truth> {
    const { run, owner } = row;
    const { at, message } = this.#of(run.id);
    if (isTerminal(run.phase)) {
      if (!run.stopping) return NOTHING;
      const step = run.steps[run.currentStep];
      return {
        ...NOTHING,
        kind: 'STOPPING',
        since: at,
        ...placeOf(step),
        words: ['the last call', `in ${step?.name}`],
      };
    }
    if (run.phase === 'PENDING') return owner === null ? this.#slot(run) : NOTHING;
    const next = run.steps.find(({ state }) => state === 'WAITING' || state === 'RUNNING');
    if (next === undefined) return owner === null ? recovery(run, at) : NOTHING;
    if (next.heldSince !== null) {
      return { ...NOTHING, kind: 'APPROVAL', since: at, step: next.name, attempt: 1, words: ['approve', next.name] };
    }
    if (next.intent !== null) {
      if (owner === null) return recovery(run, null, next);
      const call = next.intent.probe ? `to tell what became of ${next.name}` : `to finish ${next.name}`;
      const words = [call, `attempt ${next.attempt} of ${next.maxAttempts}`];
      return { ...NOTHING, kind: 'PROVIDER', since: at, until: next.intent.deadline, ...placeOf(next), words };
    }
    if (next.nextRetryAt !== null && next.nextRetryAt > now) {
      const attempt = next.attempt + 1;
      const words = [
        `attempt ${attempt} of ${next.maxAttempts} of ${next.name}`,
        message.replace(`${next.name}: `, ''),
      ];
      return { ...NOTHING, kind: 'BACK_OFF', since: at, until: next.nextRetryAt, step: next.name, attempt, words };
    }
    if (owner !== null) return NOTHING;
    const waitsForPlace = next.nextRetryAt !== null || (next.state === 'WAITING' && next.approval !== null);
    return waitsForPlace ? this.#slot(run) : recovery(run, at, next);
  }

  /** What a machine waits for at this moment; `ofItsRun` where it has a run, or one holds it. */
  ofMachine(machine: Machine, ofItsRun: Truth): Truth {
    if (machine.activeRunId !== null || machine.stoppingRunId !== null) return ofItsRun;
    if (machine.phase === 'RETIRED') return NOTHING;
    const type = machine.phase === 'RMA' ? 'RMA' : 'NeedsIntervention';
    const condition = machine.conditions.find((one) => one.type === type && one.status);
    if (condition === undefined) return NOTHING;
    const kind = type === 'RMA' ? 'REPLACEMENT' : 'INTERVENTION';
    return { ...NOTHING, kind, since: condition.lastTransitionAt, words: [condition.message] };
  }

  #of(runId: string): Seen {
    const seen = this.#seen.get(runId);
    if (seen === undefined) throw new Error(`nothing was seen of run ${runId}`);
    return seen;
  }

  /** The places that a run waits for, with those before it: who is due longer comes first. */
  async #slot(run: Run): Promise<Truth> {
    const standing = await this.#standing();
    const waits = standing.filter(({ row, seen }) => row.owner === null && seen.dueAt !== null);
    const inOrder = waits.toSorted(
      (a, b) =>
        (a.seen.dueAt ?? 0) - (b.seen.dueAt ?? 0) ||
        a.row.run.createdAt - b.row.run.createdAt ||
        (a.row.run.id < b.row.run.id ? -1 : 1),
    );
    const fullFor = ({ seen, machine }: (typeof waits)[number]) => {
      if (seen.placed) return ['server'];
      const full = this.#scopesOf(machine).filter(({ scope, most }) => {
        const used = standing.filter((one) => one.seen.placed && this.#isIn(one.machine, scope));
        return used.length >= most;
      });
      return full.length === 0 ? ['server'] : full.map(({ scope }) => scope);
    };
    const own = inOrder.findIndex(({ row }) => row.run.id === run.id);
    const mine = inOrder[own];
    if (mine === undefined) throw new Error(`run ${run.id} is in no queue`);
    const earlier = inOrder.slice(0, own).map(fullFor);
    const places = fullFor(mine).map((scope) => ({
      scope,
      before: earlier.filter((scopes) => scopes.includes(scope)).length,
    }));
    const words = places.map(({ scope, before }) => {
      const place = scope === 'server' ? 'a server with room for it' : `a place in ${scope}`;
      return before === 0
        ? place.replace('a place in ', '')
        : `${place.replace('a place in ', '')}, ${before} before it`;
    });
    return { ...NOTHING, kind: 'SLOT', since: mine.seen.dueAt, places, words };
  }

  /** Every run that has not let go of its machine, with its machine. */
  async #standing() {
    const all = await Promise.all(
      [...this.#seen].map(async ([runId, seen]) => {
        const row = await this.#store.run(runId);
        const machine = row === null ? null : await this.#store.machine(row.run.machineId);
        return row === null || machine === null ? null : { row, seen, machine };
      }),
    );
    return all.filter((one) => one !== null && (one.seen.placed || !isTerminal(one.row.run.phase))) as NonNullable<
      (typeof all)[number]
    >[];
  }

  #scopesOf({ spec }: Machine): readonly { readonly scope: string; readonly most: number }[] {
    const names = { cluster: spec.targetCluster?.clusterId ?? '', provider: spec.provider, rack: spec.rack };
    return (['cluster', 'provider', 'rack'] as const).flatMap((kind) => {
      const limit = this.#limits.find((one) => one.kind === kind && one.name === '');
      return limit === undefined || names[kind] === '' ? [] : [{ scope: `${kind}=${names[kind]}`, most: limit.most }];
    });
  }

  #isIn(machine: Machine, scope: string): boolean {
    return this.#scopesOf(machine).some((one) => one.scope === scope);
  }
}

function placeOf(step: Run['steps'][number] | undefined) {
  return { step: step?.name ?? '', attempt: step?.attempt ?? 0 };
}

function recovery(run: Run, since: Millis | null, next?: Run['steps'][number]): Truth {
  const words = [`a server to take run ${run.id} up again`, ...(next === undefined ? [] : [`at ${next.name}`])];
  const attempt = next === undefined ? 0 : Math.max(1, next.attempt);
  return { ...NOTHING, kind: 'RECOVERY', since, step: next?.name ?? '', attempt, words };
}
