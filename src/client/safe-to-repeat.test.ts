import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import {
  DeleteMachineRequestSchema,
  MachineService,
  RegisterMachineRequestSchema,
  UpdateMachineRequestSchema,
} from '../wire/gen/baremetal/v1/machine_service_pb.ts';
import { CancelRunRequestSchema, RunService, StartRunRequestSchema } from '../wire/gen/baremetal/v1/run_service_pb.ts';
import { isSafeToRepeat } from './safe-to-repeat.ts';

const { machines, runs } = { machines: MachineService.method, runs: RunService.method };

it.each([
  ['a read', machines.listMachines, {}, true],
  ['StartRun', runs.startRun, create(StartRunRequestSchema, { requestId: 'a' }), true],
  ['StartRun without a request id', runs.startRun, create(StartRunRequestSchema), false],
  ['CancelRun', runs.cancelRun, create(CancelRunRequestSchema), true],
  ['RetryNow', runs.retryNow, {}, false],
  ['DeleteMachine', machines.deleteMachine, create(DeleteMachineRequestSchema, { requestId: 'a' }), true],
  [
    'RegisterMachine',
    machines.registerMachine,
    create(RegisterMachineRequestSchema, { machine: { machineId: 'm' } }),
    true,
  ],
  ['RegisterMachine that makes the id', machines.registerMachine, create(RegisterMachineRequestSchema), false],
  [
    'RegisterMachine with an etag',
    machines.registerMachine,
    create(RegisterMachineRequestSchema, { machine: { machineId: 'm', etag: 'e' } }),
    false,
  ],
  ['UpdateMachine', machines.updateMachine, create(UpdateMachineRequestSchema), false],
] as const)('%s', (_name, method, request, safe) => {
  expect(isSafeToRepeat(method, request)).toBe(safe);
});
