import type { LogChunk } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { MachineChange } from '../store/machines.ts';
import type { RunChange } from '../store/runs.ts';
import type { StreamNews } from '../store/update.ts';
import type { MatchChange } from '../store/view.ts';

/** The least time between two flushes, in ms: 15 a second are more than anybody reads. */
const FLUSH_MS = 66;

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
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #handed = Promise.withResolvers<void>();

  /** @param hand takes what was gathered */
  constructor(hand: (news: StreamNews) => void) {
    this.#hand = hand;
  }

  machine(change: MachineChange): void {
    if (change.kind === 'reset') this.#machines.clear();
    replace(this.#machines, placeOf(change), change);
    this.#schedule();
  }

  match(change: MatchChange): void {
    if (change.kind === 'reset') this.#matches.clear();
    replace(this.#matches, change.kind === 'reset' ? 'reset' : `/${change.machineId}`, change);
    this.#schedule();
  }

  /** Whether a state of that run waits to be handed on. */
  hasRun(runId: string): boolean {
    return this.#runs.has(`/${runId}`);
  }

  run(change: RunChange): void {
    if (change.kind === 'reset') this.#runs.clear();
    replace(this.#runs, change.kind === 'reset' ? 'reset' : `/${change.run.runId}`, change);
    this.#schedule();
  }

  /** Takes a line of the log that is shown. Resolves when there is room for the next. */
  async line(chunk: LogChunk): Promise<void> {
    this.#log.push(chunk);
    this.#schedule();
    if (this.#log.length >= MAX_LINES) await this.#handed.promise;
  }

  /** Says that the log that is shown has ended. */
  logEnded(): void {
    this.#logEnded = true;
    this.#schedule();
  }

  /** Forgets the lines that wait: another log is shown. */
  dropLog(): void {
    this.#log = [];
    this.#logEnded = false;
  }

  /** Hands nothing on any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#handed.resolve();
  }

  get #hasNews(): boolean {
    const gathered = this.#machines.size + this.#matches.size + this.#runs.size + this.#log.length;
    return gathered > 0 || this.#logEnded;
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#closed) return;
    // The first one waits for what came with it in the same turn, and for no more.
    this.#timer = setTimeout(() => this.#flush(), 0);
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
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#hasNews) this.#flush();
    }, FLUSH_MS);
    this.#hand(news);
    this.#handed.resolve();
    this.#handed = Promise.withResolvers();
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
