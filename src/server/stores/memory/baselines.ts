import type { Machine } from '../../../core/domain/machine.ts';
import type { Run } from '../../../core/domain/run.ts';
import type { Millis } from '../../../core/domain/time.ts';
import type { StoredEvent } from '../../../core/ports/store.ts';
import { hasComeToRest } from '../shared/swept-run.ts';
import type { Tables } from './tables.ts';

/** The last swept state of each machine and run: where folding begins once older events are gone. */
export class Baselines {
  readonly machines = new Map<string, Machine>();
  readonly runs = new Map<string, Run>();
  readonly #tables: Tables;
  #earliest: Millis;

  /** @param began when the log began */
  constructor(tables: Tables, began: Millis) {
    this.#tables = tables;
    this.#earliest = began;
  }

  /** The earliest time of which all is known: that of the latest event that went. */
  get earliest(): Millis {
    return this.#earliest;
  }

  /** Takes an event that goes; each machine's and run's in the order of the log. */
  fold(event: StoredEvent): void {
    this.#earliest = Math.max(this.#earliest, event.at);
    if (event.subject === 'plan') return;
    if (event.subject === 'machine') {
      if (event.kind === 'DELETED') this.machines.delete(event.machineId);
      else this.machines.set(event.machineId, event.after as Machine);
      return;
    }
    const run = event.after as Run;
    // A run that was swept is kept for as long as events tell what became of it after this one.
    if (hasComeToRest(run) && this.#tables.run(run.id) === undefined) this.runs.delete(run.id);
    else this.runs.set(run.id, run);
  }

  /** Forgets a run that was swept, unless later events of it are kept. */
  forget(run: Run): void {
    if (this.runs.get(run.id)?.revision === run.revision) this.runs.delete(run.id);
  }
}
