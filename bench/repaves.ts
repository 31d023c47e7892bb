import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoMachine } from '../src/cli/demo-machines.ts';
import type { Client } from '../src/client/client.ts';
import { Run_Phase } from '../src/wire/gen/baremetal/v1/run_pb.ts';
import type { Figure } from './figure.ts';
import { serve } from './serve.ts';

/** Calls that are under way at the same time. */
const AT_ONCE = 64;

/** Many repaves at once against one alone, at normal timing, by store. */
export async function repaves(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bmdemo-bench-'));
  try {
    const figures: Figure[] = [];
    for (const store of ['memory', `sqlite:${join(folder, 'bench.db')}`]) {
      const served = await serve('--store', store);
      const kind = store.split(':')[0] ?? store;
      try {
        await importMachines(served.client, 1_101);
        const one = await repaveAll(served.client, 1, 1);
        for (const [first, count, target] of [
          [2, 100, 1.05],
          [102, 1_000, 1.1],
        ] as const) {
          const value = await repaveAll(served.client, first, count);
          const name = `${count} repaves at once, ${kind}`;
          figures.push({ name, value, unit: 's', limit: one, against: 'one repave', target });
        }
      } finally {
        await served.stop();
      }
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function importMachines(client: Client, count: number): Promise<void> {
  await inParallel(count, async (at) => {
    await client.machines.registerMachine({ machine: demoMachine(at + 1) });
  });
}

/** Seconds from the first StartRun to the end of the last run. */
async function repaveAll(client: Client, first: number, count: number): Promise<number> {
  const left = new Set(Array.from({ length: count }, (_, at) => `machine-${first + at}`));
  const watching = new AbortController();
  const begun = performance.now();
  const ended = (async () => {
    for await (const { snapshot } of client.watchRuns({}, { signal: watching.signal })) {
      const phase = snapshot?.phase ?? Run_Phase.RUN_PHASE_UNSPECIFIED;
      if (phase === Run_Phase.FAILED || phase === Run_Phase.CANCELED) throw new Error(`a run did not end well`);
      if (phase === Run_Phase.SUCCEEDED) left.delete(snapshot?.machineId ?? '');
      if (left.size === 0) return (performance.now() - begun) / 1_000;
    }
    throw new Error('the watch ended before the runs did');
  })();
  await inParallel(count, async (at) => {
    await client.runs.startRun({ machineId: `machine-${first + at}`, requestId: randomUUID(), type: 'REPAVE' });
  });
  const seconds = await ended;
  watching.abort();
  return seconds;
}

async function inParallel(count: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const at = next;
      next += 1;
      await work(at);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker));
}
