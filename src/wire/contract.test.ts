import { readFileSync } from 'node:fs';
import { type DescField, ScalarType } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { describe, expect, it } from 'vitest';
import { EVENT_KINDS } from '../core/domain/event.ts';
import { file_baremetal_v1_event } from './gen/baremetal/v1/event_pb.ts';
import { file_baremetal_v1_machine } from './gen/baremetal/v1/machine_pb.ts';
import { file_baremetal_v1_machine_service, MachineService } from './gen/baremetal/v1/machine_service_pb.ts';
import { file_baremetal_v1_plan } from './gen/baremetal/v1/plan_pb.ts';
import { file_baremetal_v1_plan_service, PlanService } from './gen/baremetal/v1/plan_service_pb.ts';
import { file_baremetal_v1_run } from './gen/baremetal/v1/run_pb.ts';
import { file_baremetal_v1_run_service, RunService } from './gen/baremetal/v1/run_service_pb.ts';

/*
 * What clients that exist already speak, to name, number and type. It may be added to in the protos, but a row that is
 * here never changes: a test that fails on one is right, and the proto is wrong.
 */

const METHODS = `
  baremetal.v1.MachineService/RegisterMachine  RegisterMachineRequest  Machine
  baremetal.v1.MachineService/GetMachine       GetMachineRequest       Machine
  baremetal.v1.MachineService/ListMachines     ListMachinesRequest     ListMachinesResponse
  baremetal.v1.MachineService/UpdateMachine    UpdateMachineRequest    Machine
  baremetal.v1.PlanService/GetPlan             GetPlanRequest          Plan
  baremetal.v1.PlanService/ListPlans           ListPlansRequest        ListPlansResponse
  baremetal.v1.RunService/StartRun             StartRunRequest         Run
  baremetal.v1.RunService/GetRun               GetRunRequest           Run
  baremetal.v1.RunService/ListRuns             ListRunsRequest         ListRunsResponse
  baremetal.v1.RunService/CancelRun            CancelRunRequest        Run
  baremetal.v1.RunService/WatchRuns            WatchRunsRequest        stream RunEvent
  baremetal.v1.RunService/StreamRunLogs        StreamRunLogsRequest    stream LogChunk
`;

const FIELDS = `
  RegisterMachineRequest  machine=1:Machine
  GetMachineRequest       machine_id=1:string
  ListMachinesRequest     page_size=1:int32 page_token=2:string filter=3:string
  ListMachinesResponse    machines=1:Machine[] next_page_token=2:string
  UpdateMachineRequest    machine=1:Machine
  GetPlanRequest          plan_id=1:string
  ListPlansRequest        page_size=1:int32 page_token=2:string
  ListPlansResponse       plans=1:Plan[] next_page_token=2:string
  StartRunRequest         machine_id=1:string request_id=2:string type=3:string plan_id=10:string params=12:map
  GetRunRequest           run_id=1:string
  ListRunsRequest         page_size=1:int32 page_token=2:string filter=3:string
  ListRunsResponse        runs=1:Run[] next_page_token=2:string
  CancelRunRequest        run_id=1:string
  WatchRunsRequest        filter=1:string
  StreamRunLogsRequest    run_id=1:string
  Machine                 machine_id=1:string spec=2:MachineSpec status=3:MachineStatus labels=4:map
  MachineSpec             provider=1:string mac_addresses=2:string[] serial=3:string ssh_endpoint=10:string
  MachineSpec             bmc_address=11:string rack=12:string target_cluster=20:TargetClusterRef
  TargetClusterRef        cluster_id=1:string kubeconfig_secret_ref=2:string
  MachineStatus           phase=1:MachineStatus.Phase conditions=2:Condition[] active_run_id=3:string
  MachineStatus           last_seen=4:Timestamp
  Condition               type=1:string status=2:bool reason=3:string message=4:string
  Condition               last_transition_time=5:Timestamp
  Plan                    plan_id=1:string display_name=2:string steps=3:Step[]
  Step                    name=1:string ssh=10:SshCommand reboot=11:Reboot netboot=12:SetNetboot repave=13:RepaveImage
  Step                    join=14:KubeadmJoin verify=15:VerifyInCluster net=16:NetReconfig rma=17:RmaAction
  Step                    timeout_seconds=50:int32 max_retries=51:int32
  SshCommand              script_ref=1:string args=2:map
  Reboot                  force=1:bool
  SetNetboot              profile=1:string
  RepaveImage             image_ref=1:string cloud_init_ref=2:string
  KubeadmJoin             target_cluster=1:TargetClusterRef
  VerifyInCluster         target_cluster=1:TargetClusterRef
  NetReconfig             params=1:map
  RmaAction               reason=1:string
  Run                     run_id=1:string machine_id=2:string phase=3:Run.Phase request_id=4:string type=5:string
  Run                     plan_id=6:string created_at=10:Timestamp started_at=11:Timestamp finished_at=12:Timestamp
  Run                     current_step=20:string steps=21:StepStatus[] error=22:ErrorStatus
  StepStatus              name=1:string state=2:StepStatus.State retry_count=3:int32 started_at=4:Timestamp
  StepStatus              finished_at=5:Timestamp message=6:string
  ErrorStatus             code=1:string message=2:string retryable=3:bool details=4:map
  RunEvent                ts=1:Timestamp snapshot=2:Run message=3:string
  LogChunk                ts=1:Timestamp run_id=2:string stream=3:string data=4:bytes
`;

const VALUES = `
  MachineStatus.Phase  PHASE_UNSPECIFIED=0 FACTORY_READY=1 READY=2 PROVISIONING=3 IN_SERVICE=4 MAINTENANCE=5 RMA=6
  MachineStatus.Phase  RETIRED=7
  Run.Phase            RUN_PHASE_UNSPECIFIED=0 PENDING=1 RUNNING=2 SUCCEEDED=3 FAILED=4 CANCELED=5
  StepStatus.State     STATE_UNSPECIFIED=0 WAITING=1 RUNNING=2 SUCCEEDED=3 FAILED=4
`;

const rows = (table: string) =>
  table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));

const types = [
  file_baremetal_v1_machine,
  file_baremetal_v1_machine_service,
  file_baremetal_v1_plan,
  file_baremetal_v1_plan_service,
  file_baremetal_v1_run,
  file_baremetal_v1_run_service,
  file_baremetal_v1_event,
].flatMap((file) => [...nestedTypes(file)]);

const short = (typeName: string) => typeName.replace(/^(baremetal\.v1|google\.protobuf)\./, '');

function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case 'map':
      return field.mapKey === ScalarType.STRING && field.mapKind === 'scalar' && field.scalar === ScalarType.STRING
        ? 'map'
        : 'another map';
    case 'list':
      return `${field.listKind === 'message' ? short(field.message.typeName) : scalar(field.scalar)}[]`;
    case 'message':
      return short(field.message.typeName);
    case 'enum':
      return short(field.enum.typeName);
    case 'scalar':
      return scalar(field.scalar);
  }
}

function scalar(type: ScalarType | undefined): string {
  return type === undefined ? 'enum' : (ScalarType[type] ?? '').toLowerCase();
}

describe('what existing clients speak', () => {
  const methods = [MachineService, PlanService, RunService].flatMap((service) =>
    service.methods.map((method) => [
      `${service.typeName}/${method.name}`,
      short(method.input.typeName),
      `${method.methodKind === 'server_streaming' ? 'stream ' : ''}${short(method.output.typeName)}`,
    ]),
  );

  it.each(rows(METHODS))('%s', (path, input, ...output) => {
    expect(methods).toContainEqual([path, input, output.join(' ')]);
  });

  it.each(rows(FIELDS))('%s %s …', (message, ...fields) => {
    const desc = types.find((type) => type.kind === 'message' && short(type.typeName) === message);
    if (desc?.kind !== 'message') return expect.unreachable(`there is no message ${message}`);
    const there = desc.fields.map((field) => `${field.name}=${field.number}:${typeOf(field)}`);
    expect(there).toEqual(expect.arrayContaining(fields));
  });

  it.each(rows(VALUES))('%s %s …', (name, ...values) => {
    const desc = types.find((type) => type.kind === 'enum' && short(type.typeName) === name);
    if (desc?.kind !== 'enum') return expect.unreachable(`there is no enum ${name}`);
    const there = desc.values.map((value) => `${value.name}=${value.number}`);
    expect(there).toEqual(expect.arrayContaining(values));
  });

  it('a step has one kind', () => {
    const step = types.find((type) => type.typeName === 'baremetal.v1.Step');
    if (step?.kind !== 'message') return expect.unreachable('there is no Step');
    expect(step.oneofs.map((oneof) => oneof.fields.map((field) => field.number))).toEqual([
      [10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
    ]);
  });
});

describe('what the contract says of itself', () => {
  it.each(EVENT_KINDS)('names the kind of event %s', (kind) => {
    const text = readFileSync('proto/baremetal/v1/event.proto', 'utf8');
    expect(text).toMatch(new RegExp(`^ *//.*\\b${kind}\\b`, 'm'));
  });
});
