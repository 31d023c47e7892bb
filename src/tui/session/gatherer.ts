import type { LogChunk } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { MachineChange } from '../store/machines.ts';
import type { RunChange } from '../store/runs.ts';
import type { StreamNews } from '../store/update.ts';
import type { MatchChange } from '../store/view.ts';
import { Pacer } from './pacer.ts';

/** Log lines that are gathered; with more, who reads the stream waits, and the server with it. */
const MAX_LINES = 5_000;

/**
 * Gathers what streams tell and hands it on at most every 66 ms, the first after a pause at once. Of a machine and of a run
 * only the last state is handed on, so that what is gathered is never more than what there is.
 */
export class Gatherer {
  readonly #hand: (news: StreamNews) => void;
  /** By `reset`, `loaded` or `/ID`, in the order in which they count. */
  #machines = new Map<string, MachineChange>();
  #matches = new Map<string, MatchChange>();
  #runs = new Map<string, RunChange>();
  #log: LogChunk[] = [];
  #logEnded = false;
  readonly #pacer: Pacer;

  /** @param hand takes what was gathered */
  constructor(hand: (news: StreamNews) => void) {
    this.#hand = hand;
    this.#pacer = new Pacer(
      () => this.#flush(),
      () => this.#hasNews,
    );
  }

  machine(change: MachineChange): void {
    if (change.kind === 'reset') this.#machines.clear();
    replace(this.#machines, placeOf(change), change);
    this.#pacer.schedule();
  }

  match(change: MatchChange): void {
    if (change.kind === 'reset') this.#matches.clear();
    replace(this.#matches, 'machineId' in change ? `/${change.machineId}` : change.kind, change);
    this.#pacer.schedule();
  }

  /** Whether a state of that run waits to be handed on. */
  hasRun(runId: string): boolean {
    return this.#runs.has(`/${runId}`);
  }

  run(change: RunChange): void {
    if (change.kind === 'reset') this.#runs.clear();
    // What the watch tells of a run is not replaced by an answer, which may be older.
    replace(this.#runs, change.kind === 'present' ? `/${change.run.runId}` : change.kind, change);
    this.#pacer.schedule();
  }

  /** Takes a line of the log that is shown. Resolves when there is room for the next. */
  async line(chunk: LogChunk): Promise<void> {
    this.#log.push(chunk);
    this.#pacer.schedule();
    if (this.#log.length >= MAX_LINES) await this.#pacer.handed;
  }

  /** Says that the log that is shown has ended. */
  logEnded(): void {
    this.#logEnded = true;
    this.#pacer.schedule();
  }

  /** Forgets the lines that wait: another log is shown. */
  dropLog(): void {
    this.#log = [];
    this.#logEnded = false;
  }

  /** Hands nothing on any more. */
  close(): void {
    this.#pacer.close();
  }

  get #hasNews(): boolean {
    const gathered = this.#machines.size + this.#matches.size + this.#runs.size + this.#log.length;
    return gathered > 0 || this.#logEnded;
  }

  #flush(): void {
    const news = {
      machines: [...this.#machines.values()],
      matches: [...this.#matches.values()],
      runs: [...this.#runs.values()],
      log: this.#log,
      logEnded: this.#logEnded,
    };
    this.#machines = new Map();
    this.#matches = new Map();
    this.#runs = new Map();
    this.dropLog();
    this.#hand(news);
  }
}

/** Puts the value at the end: a machine that has gone and come back is there. */
function replace<Value>(map: Map<string, Value>, place: string, value: Value): void {
  map.delete(place);
  map.set(place, value);
}

function placeOf(change: MachineChange): string {
  switch (change.kind) {
    case 'present':
      return `/${change.machine.machineId}`;
    case 'gone':
      return `/${change.machineId}`;
    default:
      return change.kind;
  }
}
