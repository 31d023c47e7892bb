import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import type { Client } from '../../client/client.ts';
import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineSchema } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { Run_Phase, RunSchema } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { situationOf } from './situation.ts';

const aMachine = (activeRunId: string, stoppingRunId = '') =>
  create(MachineSchema, { machineId: 'machine-1', status: { activeRunId, stoppingRunId } });
const aRun = (runId: string, phase: Run_Phase, stopping = false) => create(RunSchema, { runId, phase, stopping });

/** A server that answers in turn; the last answers stand. */
function answering(machines: readonly Machine[], runs: readonly Run[]): Client {
  const left = [...machines];
  const next = [...runs];
  const take = <T>(of: T[]): T => (of.length > 1 ? of.shift() : of[0]) as T;
  return {
    machines: { getMachine: async () => take(left) },
    async *listRuns() {
      yield take(next);
    },
  } as unknown as Client;
}

const BUSY = aMachine('run1');
const FREE = aMachine('');
const GOING = aRun('run1', Run_Phase.RUNNING);
const DONE = aRun('run1', Run_Phase.SUCCEEDED);

it.each([
  ['the run ended between the two answers', [BUSY, FREE], [DONE], FREE, DONE],
  ['a run began between the two answers', [FREE, BUSY], [GOING], BUSY, GOING],
  [
    'the last call returned between the two answers',
    [aMachine('', 'run1'), FREE],
    [aRun('run1', Run_Phase.CANCELED)],
    FREE,
    aRun('run1', Run_Phase.CANCELED),
  ],
  ['nothing happened meanwhile', [BUSY], [GOING], BUSY, GOING],
  ['the two are never of one moment', [BUSY], [DONE], BUSY, DONE],
] as const)('a machine and its run are of the same moment: %s', async (_, machines, runs, machine, run) => {
  const situation = await situationOf(answering(machines, runs), 'machine-1');
  expect(situation).toEqual({ machine, run, about: 'machine' });
});
