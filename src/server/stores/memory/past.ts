import { pinned } from '../../../core/domain/filter.ts';
import type { Machine } from '../../../core/domain/machine.ts';
import type { Run } from '../../../core/domain/run.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { BeforeHistory, ListQuery, MachineOrder, Page, PastMachine } from '../../../core/ports/store.ts';
import { pageOfPast } from '../shared/past.ts';
import { compareText } from '../shared/sort.ts';
import type { EventLog } from './events.ts';

/** A page of the machines that there were at a time: the baseline, and every event up to then folded over it. */
export function machinesAsOf(
  events: EventLog,
  at: Millis,
  query: ListQuery<MachineOrder>,
): Page<PastMachine> | BeforeHistory {
  const { earliest } = events.baselines;
  if (at < earliest) return { kind: 'before-history', earliest };
  const past = fold(events, at);
  const one = pinned(query.filter, 'machine_id');
  const ids = one === null ? [...past.machines.keys()].sort(compareText) : [one];
  return pageOfPast((behind) => pastMachines(past, ids, behind), query);
}

interface Past {
  readonly machines: ReadonlyMap<string, Machine>;
  readonly runs: ReadonlyMap<string, Run>;
}

function fold(events: EventLog, at: Millis): Past {
  const machines = new Map(events.baselines.machines);
  const runs = new Map(events.baselines.runs);
  for (const event of events.all()) {
    if (event.at > at || event.subject === 'plan') continue;
    if (event.subject === 'run') runs.set(event.runId, event.after as Run);
    else if (event.kind === 'DELETED') machines.delete(event.machineId);
    else machines.set(event.machineId, event.after as Machine);
  }
  return { machines, runs };
}

function* pastMachines({ machines, runs }: Past, ids: readonly string[], behind: string): Generator<PastMachine> {
  for (const id of ids) {
    const machine = machines.get(id);
    if (machine === undefined || (behind !== '' && compareText(id, behind) <= 0)) continue;
    yield { machine, run: runs.get(machine.activeRunId ?? machine.stoppingRunId ?? '') ?? null };
  }
}
