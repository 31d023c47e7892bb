import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { RunSchema } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind } from '../../wire/gen/baremetal/v1/waiting_pb.ts';
import { waysOut } from './account.ts';

it.each([
  ['server', 'bmdemo runs --filter phase=RUNNING'],
  ['rack=r1', 'bmdemo list --filter rack=r1'],
  ['cluster=prod-a.eu', 'bmdemo list --filter cluster=prod-a.eu'],
  ['rack=row 3', `bmdemo list --filter 'rack="row 3"'`],
  ["rack=lin's", `bmdemo list --filter 'rack="lin'\\''s"'`],
  ['rack=19"\\r1', `bmdemo list --filter 'rack="19\\"\\\\r1"'`],
])('who waits for a place in %s is told how to see who has them', (scope, command) => {
  const run = create(RunSchema, { runId: 'run1', waitingFor: { kind: WaitingFor_Kind.SLOT, scope, runId: 'run1' } });
  expect(waysOut({ machine: null, run, about: 'run' })[0]?.command).toBe(command);
});
