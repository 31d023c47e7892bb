import { demoMachine, importDemoMachines } from '../../../src/cli/demo-machines.ts';
import { mapLimited } from '../../../src/cli/map-limited.ts';
import type { Client } from '../../../src/client/client.ts';

/** Calls that are under way at the same time. */
const AT_ONCE = 64;

/** A run that was asked for, with what it takes to ask again. */
export interface Ordered {
  readonly machineId: string;
  readonly requestId: string;
  readonly type: string;
  readonly runId: string;
}

/** Registers machine-1 to machine-N. */
export async function register(client: Client, count: number): Promise<void> {
  await importDemoMachines(client, count);
}

/** The ids of machine-1 to machine-N. */
export function machineIds(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => demoMachine(index + 1).machineId ?? '');
}

/** Starts a run. */
export async function startRun(
  client: Client,
  machineId: string,
  requestId: string,
  type = 'REPAVE',
  acknowledgeIntervention = false,
): Promise<Ordered> {
  const { runId } = await client.runs.startRun({ machineId, requestId, type, acknowledgeIntervention });
  return { machineId, requestId, type, runId };
}

/** Starts a run on each machine, all at once. */
export function startRuns(
  client: Client,
  machines: readonly string[],
  requestId: string,
  type?: string,
  acknowledgeIntervention?: boolean,
): Promise<readonly Ordered[]> {
  const start = (machineId: string) => startRun(client, machineId, requestId, type, acknowledgeIntervention);
  return Promise.all(machines.map(start));
}

/** Asks for each run again, as it was asked for before; says where another one came of it. */
export async function judgeRequests(client: Client, ordered: readonly Ordered[]): Promise<readonly string[]> {
  const faults: string[] = [];
  await mapLimited(ordered, AT_ONCE, async ({ machineId, requestId, type, runId }) => {
    const again = await startRun(client, machineId, requestId, type);
    if (again.runId !== runId) faults.push(`${machineId} ${requestId}: run ${runId} before, ${again.runId} now`);
  });
  return faults;
}
