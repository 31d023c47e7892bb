import { setTimeout as sleep } from 'node:timers/promises';
import { demoMachine } from '../src/cli/demo-machines.ts';
import { mapLimited } from '../src/cli/map-limited.ts';
import type { Client } from '../src/client/client.ts';
import { Run_Phase } from '../src/wire/gen/baremetal/v1/run_pb.ts';

/** Calls that are under way at the same time. */
const AT_ONCE = 32;

/** Registers so many demo machines. */
export async function registerMachines(client: Client, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, at) => at + 1);
  await mapLimited(numbers, AT_ONCE, (n) => client.machines.registerMachine({ machine: demoMachine(n) }));
}

/** Runs that never become fewer: where one ends, another begins on another machine. */
export class BusyFleet {
  readonly #client: Client;
  readonly #machines: number;
  readonly #ending = new AbortController();
  #next = 0;
  #events = 0;

  constructor(client: Client, machines: number) {
    this.#client = client;
    this.#machines = machines;
  }

  /** How many events the fleet has told so far, of machines and runs together. */
  get events(): number {
    return this.#events;
  }

  /** Brings the runs under way, evenly over the time that one of them takes, so that they are at different steps. */
  async begin(runs: number, overMs: number): Promise<void> {
    void this.#watchRuns().catch(() => undefined);
    void this.#watchMachines().catch(() => undefined);
    const begun = performance.now();
    for (let at = 0; at < runs; at += 1) {
      await sleep(Math.max(0, begun + (at * overMs) / runs - performance.now()));
      await this.#startNext();
    }
  }

  end(): void {
    this.#ending.abort();
  }

  async #startNext(): Promise<void> {
    this.#next += 1;
    const machineId = `machine-${((this.#next - 1) % this.#machines) + 1}`;
    await this.#client.runs.startRun({ machineId, requestId: `bench-${this.#next}`, type: 'REPAVE' });
  }

  async #watchRuns(): Promise<void> {
    const ended = new Set<string>();
    for await (const { snapshot } of this.#client.watchRuns({}, { signal: this.#ending.signal })) {
      this.#events += 1;
      const phase = snapshot?.phase ?? Run_Phase.RUN_PHASE_UNSPECIFIED;
      if (snapshot === undefined || phase === Run_Phase.PENDING || phase === Run_Phase.RUNNING) continue;
      if (ended.has(snapshot.runId)) continue;
      ended.add(snapshot.runId);
      void this.#startNext().catch(() => undefined);
    }
  }

  async #watchMachines(): Promise<void> {
    for await (const _ of this.#client.watchMachines({}, { signal: this.#ending.signal })) this.#events += 1;
  }
}
