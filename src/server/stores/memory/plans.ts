import type { Plan } from '../../../core/domain/plan.ts';
import type { PlanAggregate, PlanRequest } from '../../../core/domain/plan-aggregate.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import type { PlanChange, PlanQuery } from '../../../core/ports/plan-store.ts';
import { planEventOf } from '../shared/plan-event.ts';
import { compareText } from '../shared/sort.ts';
import type { EventLog } from './events.ts';

/** What is kept under a plan's name; it outlives the plan, whose versions never go back. */
interface PlanRecord {
  /** Every version that there ever was, in order. */
  readonly versions: Plan[];
  /** Versions up to this one are deleted. */
  deletedTo: number;
  revision: number;
  lastEventAt: Millis;
  readonly requests: Map<string, PlanRequest>;
}

/** Own plans and what was asked for about them. */
export class Plans {
  readonly #records = new Map<string, PlanRecord>();
  readonly #clock: Clock;
  readonly #events: EventLog;

  constructor(clock: Clock, events: EventLog) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Everything that decides about one plan. */
  load(planId: string, requestId: string): PlanAggregate {
    const record = this.#records.get(planId);
    const request = record?.requests.get(requestId) ?? null;
    const answered = request === null ? undefined : record?.versions[request.version - 1];
    return {
      planId,
      plan: newest(record),
      lastVersion: record?.versions.length ?? 0,
      request: request === null || answered === undefined ? null : { record: request, plan: answered },
      revision: record?.revision ?? 0,
      lastEventAt: record?.lastEventAt ?? 0,
      now: this.#clock.now(),
    };
  }

  /** Writes a change, or nothing. */
  commit(change: PlanChange): 'ok' | 'conflict' {
    const { planId, plan, event, at, request } = change;
    const known = this.#records.get(planId);
    if ((known?.revision ?? 0) !== change.expectedRevision) return 'conflict';
    if (request !== null && known?.requests.has(request.requestId)) return 'conflict';
    const record: PlanRecord = known ?? {
      versions: [],
      deletedTo: 0,
      revision: 0,
      lastEventAt: 0,
      requests: new Map(),
    };
    this.#records.set(planId, record);
    if (request !== null) record.requests.set(request.requestId, request);
    if (event === null) return 'ok';
    record.revision += 1;
    record.lastEventAt = at;
    if (event.kind === 'PLAN_CREATED') record.versions.push(plan);
    else record.deletedTo = record.versions.length;
    this.#events.append('', [planEventOf(change, event)], change.origin);
    return 'ok';
  }

  /** A version of a plan that was not deleted, 0 for the newest. */
  version(planId: string, version: number): Plan | null {
    const record = this.#records.get(planId);
    if (version === 0) return newest(record);
    return record === undefined || version <= record.deletedTo ? null : (record.versions[version - 1] ?? null);
  }

  /** A page of plans, by id. */
  page({ allVersions, limit, after }: PlanQuery): readonly Plan[] {
    const found: Plan[] = [];
    for (const id of [...this.#records.keys()].sort(compareText)) {
      if (found.length >= limit) break;
      const order = after === null ? 1 : compareText(id, after.id);
      if (order < 0 || (order === 0 && !allVersions)) continue;
      const below = order === 0 && after !== null ? after.version : Number.POSITIVE_INFINITY;
      found.push(...this.#versions(id, allVersions, below));
    }
    return found.slice(0, limit);
  }

  #versions(planId: string, all: boolean, below: number): readonly Plan[] {
    const record = this.#records.get(planId);
    const kept = record?.versions.slice(record.deletedTo).reverse() ?? [];
    return (all ? kept : kept.slice(0, 1)).filter(({ version }) => version < below);
  }
}

function newest(record: PlanRecord | undefined): Plan | null {
  return record === undefined || record.deletedTo === record.versions.length ? null : (record.versions.at(-1) ?? null);
}
