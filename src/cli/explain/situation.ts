import type { Client } from '../../client/client.ts';
import { ClientError } from '../../client/client-error.ts';
import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { isFinished } from '../follow/transitions.ts';
import { machineIdOf, resolveRunId } from '../ids.ts';
import type { Situation } from './account.ts';

/** How often a machine and its run are read until both are of the same moment; a machine that is never still is told as it was last. */
const MAX_READS = 5;

/** The machine of that id with the run that says most about it, or else the run that begins so with its machine. */
export async function situationOf(client: Client, id: string): Promise<Situation> {
  const machine = id.startsWith('run/') ? null : await machineOrNull(client, machineIdOf(id));
  if (machine !== null) return ofMachine(client, machine);
  // Whatever cannot be the beginning of a run's id was meant for a machine's, and there is none.
  if (id.startsWith('machine/') || !/^(?:run\/)?[0-9a-z]{1,16}$/.test(id)) {
    return { machine: await client.machines.getMachine({ machineId: machineIdOf(id) }), run: null, about: 'machine' };
  }
  const run = await client.runs.getRun({ runId: await resolveRunId(client, id) });
  return { machine: await machineOrNull(client, run.machineId), run, about: 'run' };
}

/** Between the answer about the machine and the one about its run, the run may have ended or another one begun. */
async function ofMachine(client: Client, first: Machine): Promise<Situation> {
  let machine = first;
  for (let reads = 1; ; reads += 1) {
    const run = await runOfMachine(client, machine);
    if (run === null || agree(machine, run) || reads === MAX_READS) return { machine, run, about: 'machine' };
    machine = (await machineOrNull(client, machine.machineId)) ?? machine;
  }
}

async function runOfMachine(client: Client, { machineId, status }: Machine): Promise<Run | null> {
  const current = status?.activeRunId || status?.stoppingRunId || '';
  const filter = current === '' ? `machine_id=${machineId}` : `run_id=${current}`;
  const [run = null] = await Array.fromAsync(client.listRuns({ filter, limit: 1 }));
  return run;
}

/** Whether the two can be of the same moment. */
function agree({ status }: Machine, run: Run): boolean {
  if (status?.activeRunId === run.runId) return !isFinished(run);
  return isFinished(run) && run.stopping === (status?.stoppingRunId === run.runId);
}

async function machineOrNull(client: Client, machineId: string): Promise<Machine | null> {
  try {
    return await client.machines.getMachine({ machineId });
  } catch (error) {
    if (error instanceof ClientError && (error.code === 'NOT_FOUND' || error.code === 'INVALID_ARGUMENT')) return null;
    throw error;
  }
}
