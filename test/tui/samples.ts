import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { FileMachine, FileOutcome } from '../../src/tui/backend.ts';
import type { Machine } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import {
  MachineStatus_Phase as MachinePhase,
  MachineSchema,
  type MachineStatusSchema,
} from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import type { Plan } from '../../src/wire/gen/baremetal/v1/plan_pb.ts';
import { PlanSchema } from '../../src/wire/gen/baremetal/v1/plan_pb.ts';
import type { LogChunk, Run } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import {
  LogChunkSchema,
  Run_Phase as RunPhase,
  RunSchema,
  StepStatus_State as StepState,
} from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import type { GetServerInfoResponse } from '../../src/wire/gen/baremetal/v1/server_service_pb.ts';
import { GetServerInfoResponseSchema } from '../../src/wire/gen/baremetal/v1/server_service_pb.ts';

/** So many ms before now. */
export function ago(ms: number): Timestamp {
  return timestampFromMs(Date.now() - ms);
}

/** A machine as a server sends it. */
export function machine(
  machineId: string,
  status: MessageInitShape<typeof MachineStatusSchema> = {},
  rack = 'r1',
): Machine {
  return create(MachineSchema, {
    machineId,
    etag: '1',
    spec: {
      provider: 'fake',
      rack,
      serial: `SN-${machineId}`,
      macAddresses: ['02:00:00:00:00:01'],
      bmcAddress: '192.0.2.11',
      sshEndpoint: '192.0.2.111:22',
      model: 'fake-1u',
      targetCluster: { clusterId: 'prod-a' },
    },
    status: {
      phase: MachinePhase.FACTORY_READY,
      effectiveState: MachinePhase.FACTORY_READY,
      phaseSince: ago(12_000),
      ...status,
    },
    labels: { tier: 'worker' },
  });
}

/** The steps of the built-in repave plan, with how often each is tried. */
const REPAVE_STEPS = [
  ['set-netboot', 'netboot', 3],
  ['reboot-to-netboot', 'reboot', 2],
  ['repave-image', 'repave', 2],
  ['join-cluster', 'join', 3],
  ['verify-in-cluster', 'verify', 4],
] as const;

/** A repave that has come to the step of that place, from 0. */
export function repave(
  runId: string,
  machineId: string,
  at: number,
  init: MessageInitShape<typeof RunSchema> = {},
): Run {
  return create(RunSchema, {
    runId,
    machineId,
    phase: RunPhase.RUNNING,
    type: 'REPAVE',
    planId: 'plan/repave-join',
    initiatedBy: 'lin',
    createdAt: ago(5_000),
    startedAt: ago(4_900),
    currentStep: REPAVE_STEPS[at]?.[0] ?? '',
    steps: REPAVE_STEPS.map(([name, kind, maxAttempts], place) => ({
      name,
      kind,
      maxAttempts,
      state: place < at ? StepState.SUCCEEDED : place === at ? StepState.RUNNING : StepState.WAITING,
      ...(place <= at ? { startedAt: ago(4_900 - place * 500) } : {}),
      ...(place < at ? { finishedAt: ago(4_500 - place * 500) } : {}),
      ...(place === at && kind === 'repave' ? { progress: { current: 72, total: 100, unit: '%' } } : {}),
    })),
    ...init,
  });
}

/** The built-in plans that have a key, as far as the console looks at them. */
export function plans(): readonly Plan[] {
  return [
    create(PlanSchema, {
      planId: 'plan/repave-join',
      defaultForType: 'REPAVE',
      params: [{ name: 'image_ref', defaultValue: 'ubuntu:22.04-k8s' }],
      steps: [
        { name: 'set-netboot', kind: { case: 'netboot', value: { profile: 'pxe' } } },
        { name: 'reboot-to-netboot', kind: { case: 'reboot', value: {} } },
        { name: 'repave-image', kind: { case: 'repave', value: { imageRef: '{{image_ref}}' } } },
        { name: 'join-cluster', kind: { case: 'join', value: {} } },
        { name: 'verify-in-cluster', kind: { case: 'verify', value: {} } },
      ],
    }),
    create(PlanSchema, {
      planId: 'plan/reboot',
      defaultForType: 'REBOOT',
      steps: [{ name: 'reboot', kind: { case: 'reboot', value: {} } }],
    }),
    create(PlanSchema, {
      planId: 'plan/upgrade',
      defaultForType: 'UPGRADE',
      params: [{ name: 'version', defaultValue: '1.31', help: 'the Kubernetes version to upgrade to' }],
      steps: [{ name: 'upgrade-kubelet', kind: { case: 'ssh', value: { scriptRef: 'script/upgrade-kubelet' } } }],
    }),
    create(PlanSchema, {
      planId: 'plan/net-reconfig',
      defaultForType: 'NET_RECONFIG',
      params: [{ name: 'mtu', help: 'the MTU in bytes' }],
      steps: [{ name: 'apply-network-config', kind: { case: 'net', value: {} } }],
    }),
    create(PlanSchema, {
      planId: 'plan/rma',
      defaultForType: 'RMA',
      steps: [
        { name: 'drain-workloads', kind: { case: 'drain', value: {} } },
        { name: 'graceful-shutdown', kind: { case: 'powerOff', value: {} } },
        { name: 'mark-rma', kind: { case: 'rma', value: {} } },
      ],
    }),
  ];
}

/** What a server of this program says of itself. */
export function serverInfo(durable = false): GetServerInfoResponse {
  return create(GetServerInfoResponseSchema, {
    version: '0.1.0',
    store: { kind: durable ? 'sqlite' : 'memory', durable },
    providers: [{ name: 'fake', simulated: true }],
    caller: { user: 'lin' },
    demo: true,
    time: timestampFromMs(Date.now()),
  });
}

/** A line of a run's log. */
export function logLine(
  runId: string,
  sequence: number,
  text: string,
  step = 'repave-image',
  stream = 'stdout',
): LogChunk {
  return create(LogChunkSchema, {
    runId,
    sequence: BigInt(sequence),
    data: new TextEncoder().encode(text),
    step,
    attempt: 1,
    stream,
    ts: timestampFromMs(Date.UTC(2026, 0, 2, 12, 41, sequence % 60)),
  });
}

/** What a file of two machines would do: `web-1` and `web-2`. */
export function fileOutcome(
  counts: string,
  outcome: FileMachine['outcome'],
  mistakes: readonly string[] = [],
): FileOutcome {
  const machines = ['web-1', 'web-2'].map((machineId) => ({ machineId, outcome, note: '' }));
  return { counts, machines, mistakes, digest: '' };
}
