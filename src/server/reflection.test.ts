import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { create, createFileRegistry, type DescService, equals, fromBinary } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { Server, ServerCredentials, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serviceDefinition } from '../wire/bridge.ts';
import { type CallContext, serviceImplementation } from '../wire/bridge-server.ts';
import { RpcError, statusOf } from '../wire/errors.ts';
import { EventService } from '../wire/gen/baremetal/v1/event_service_pb.ts';
import { MachineService, RegisterMachinesResponseSchema } from '../wire/gen/baremetal/v1/machine_service_pb.ts';
import { PlanService } from '../wire/gen/baremetal/v1/plan_service_pb.ts';
import { RunService } from '../wire/gen/baremetal/v1/run_service_pb.ts';
import { ServerService } from '../wire/gen/baremetal/v1/server_service_pb.ts';
import { Code } from '../wire/gen/google/rpc/code_pb.ts';
import { Health } from '../wire/gen/grpc/health/v1/health_pb.ts';
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from '../wire/gen/grpc/reflection/v1/reflection_pb.ts';
import { ServerReflection as ServerReflectionAlpha } from '../wire/gen/grpc/reflection/v1alpha/reflection_pb.ts';
import { HealthService } from './health.ts';
import { reflectionHandlers } from './reflection.ts';

const OURS = [MachineService, PlanService, RunService, ServerService, EventService];
const ALL: DescService[] = [...OURS, Health, ServerReflection, ServerReflectionAlpha];
const BUF = resolve('node_modules/.bin/buf');
const run = promisify(execFile);

async function ask(
  services: readonly DescService[],
  messageRequest: ServerReflectionRequest['messageRequest'],
): Promise<ServerReflectionResponse['messageResponse']> {
  const request = create(ServerReflectionRequestSchema, { host: 'here', messageRequest });
  const requests = (async function* () {
    yield request;
  })();
  for await (const response of reflectionHandlers(services).v1.serverReflectionInfo(requests, {} as CallContext)) {
    if (!('messageResponse' in response)) break;
    expect(response).toMatchObject({ validHost: 'here', originalRequest: request });
    return response.messageResponse;
  }
  return expect.unreachable('no answer');
}

function files(answer: ServerReflectionResponse['messageResponse']): FileDescriptorProto[] {
  if (answer.case !== 'fileDescriptorResponse') return expect.unreachable(JSON.stringify(answer));
  return answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
}

describe('the index', () => {
  it('lists exactly the services that are served, in order', async () => {
    expect(await ask(ALL, { case: 'listServices', value: '*' })).toMatchObject({
      value: { service: ALL.map(({ typeName }) => ({ name: typeName })).sort((a, b) => (a.name < b.name ? -1 : 1)) },
    });
  });

  it.each([
    ['a service', 'baremetal.v1.RunService', 'run_service'],
    ['a method', 'baremetal.v1.RunService.StartRun', 'run_service'],
    ['a message', 'baremetal.v1.Machine', 'machine'],
    ['a field', 'baremetal.v1.MachineSpec.rack', 'machine'],
    ['a nested enum', 'baremetal.v1.MachineStatus.Phase', 'machine'],
    ['a value of a nested enum', 'baremetal.v1.MachineStatus.RETIRED', 'machine'],
    ['an enum', 'baremetal.v1.LogLevel', 'server_service'],
    ['a value of an enum', 'baremetal.v1.LOG_LEVEL_WARN', 'server_service'],
    ['a oneof', 'baremetal.v1.Step.kind', 'plan'],
    ["a detail of a plan's refusal", 'baremetal.v1.PlanProblems', 'plan_service'],
  ])('finds %s by its name', async (_, symbol, file) => {
    const found = files(await ask(ALL, { case: 'fileContainingSymbol', value: symbol }));
    expect(found[0]?.name).toBe(`baremetal/v1/${file}.proto`);
  });

  it('finds what the details of errors are, which no request and no answer names', async () => {
    const found = files(await ask(OURS, { case: 'fileContainingSymbol', value: 'google.rpc.ErrorInfo' }));
    expect(found[0]?.name).toBe('google/rpc/error_details.proto');
  });

  it('sends a file with everything that it needs, each once', async () => {
    const found = files(await ask(ALL, { case: 'fileByFilename', value: 'baremetal/v1/machine_service.proto' }));
    const names = found.map(({ name }) => name);
    expect(names).toContain('google/protobuf/timestamp.proto');
    expect(names).toContain('google/protobuf/any.proto');
    expect(new Set(names).size).toBe(names.length);
    for (const { dependency } of found) expect(names).toEqual(expect.arrayContaining(dependency));
  });

  it('sends every file as the compiler made it', async () => {
    const { stdout } = await run(
      BUF,
      ['build', '--as-file-descriptor-set', '--exclude-source-info', '-o', '-#format=binpb'],
      { encoding: 'buffer', maxBuffer: 8 << 20 },
    );
    const compiled = new Map(fromBinary(FileDescriptorSetSchema, stdout).file.map((file) => [file.name, file]));
    const sent = new Map<string, FileDescriptorProto>();
    for (const { typeName } of ALL) {
      for (const file of files(await ask(ALL, { case: 'fileContainingSymbol', value: typeName }))) {
        sent.set(file.name, file);
      }
    }
    expect(sent.size).toBeGreaterThan(15);
    for (const [name, file] of sent) {
      const original = compiled.get(name);
      if (original === undefined) expect.unreachable(`the compiler has no ${name}`);
      else if (name.startsWith('google/protobuf/')) expect(namesIn(file), name).toEqual(namesIn(original));
      else expect(equals(FileDescriptorProtoSchema, file, original), name).toBe(true);
    }
  });

  it.each<[string, ServerReflectionRequest['messageRequest'], number]>([
    ['a file', { case: 'fileByFilename', value: 'no/such.proto' }, Code.NOT_FOUND],
    ['a symbol', { case: 'fileContainingSymbol', value: 'baremetal.v1.Nothing' }, Code.NOT_FOUND],
    ['a type', { case: 'allExtensionNumbersOfType', value: 'baremetal.v1.Nothing' }, Code.NOT_FOUND],
    [
      'an extension',
      {
        case: 'fileContainingExtension',
        value: {
          $typeName: 'grpc.reflection.v1.ExtensionRequest',
          containingType: 'baremetal.v1.Run',
          extensionNumber: 1,
        },
      },
      Code.NOT_FOUND,
    ],
    ['a question', { case: undefined }, Code.INVALID_ARGUMENT],
  ])('answers an error for %s that it does not know', async (_, question, errorCode) => {
    expect(await ask(ALL, question)).toMatchObject({ case: 'errorResponse', value: { errorCode } });
  });

  it('finds extensions', async () => {
    const service = extendingService();
    expect(await ask([service], { case: 'allExtensionNumbersOfType', value: 'test.Base' })).toMatchObject({
      case: 'allExtensionNumbersResponse',
      value: { baseTypeName: 'test.Base', extensionNumber: [100] },
    });
    const found = await ask([service], {
      case: 'fileContainingExtension',
      value: { $typeName: 'grpc.reflection.v1.ExtensionRequest', containingType: 'test.Base', extensionNumber: 100 },
    });
    expect(files(found).map(({ name }) => name)).toEqual(['test.proto']);
    expect(files(await ask([service], { case: 'fileContainingSymbol', value: 'test.extra' }))).toHaveLength(1);
    expect(await ask(ALL, { case: 'allExtensionNumbersOfType', value: 'baremetal.v1.Run' })).toMatchObject({
      value: { extensionNumber: [] },
    });
  });
});

describe('stock tools, with no proto files', () => {
  const server = new Server();
  const nowhere = mkdtempSync(join(tmpdir(), 'bmdemo-reflection-'));
  let address = '';

  beforeAll(async () => {
    const reflection = reflectionHandlers(ALL);
    const health = new HealthService(ALL.map(({ typeName }) => typeName));
    health.setServing(true);
    const implementations = new Map<DescService, UntypedServiceImplementation>([
      [MachineService, serviceImplementation(MachineService, { registerMachines: refuseAll } as never)],
      [Health, serviceImplementation(Health, health)],
      [ServerReflection, serviceImplementation(ServerReflection, reflection.v1)],
      [ServerReflectionAlpha, serviceImplementation(ServerReflectionAlpha, reflection.v1alpha)],
    ]);
    for (const service of ALL) server.addService(serviceDefinition(service), implementations.get(service) ?? {});
    const port = await new Promise<number>((done, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : done(bound),
      ),
    );
    address = `http://127.0.0.1:${port}`;
  });

  afterAll(() => {
    server.forceShutdown();
    rmSync(nowhere, { recursive: true, force: true });
  });

  const curl = (protocol: string, ...args: string[]) =>
    run(
      BUF,
      ['curl', '--protocol', 'grpc', '--http2-prior-knowledge', '--reflect', '--reflect-protocol', protocol, ...args],
      { cwd: nowhere },
    );

  describe.each(['grpc-v1', 'grpc-v1alpha'])('buf curl over %s', (protocol) => {
    it('lists the services', async () => {
      const { stdout } = await curl(protocol, '--list-services', address);
      expect(stdout.trim().split('\n').sort()).toEqual(ALL.map(({ typeName }) => typeName).sort());
    });

    it('lists the methods', async () => {
      const { stdout } = await curl(protocol, '--list-methods', address);
      const methods = ALL.flatMap(({ typeName, methods }) => methods.map(({ name }) => `${typeName}/${name}`));
      expect(stdout.trim().split('\n').sort()).toEqual(methods.sort());
    });

    it('makes a call', async () => {
      const { stdout } = await curl(protocol, '-d', '{}', `${address}/grpc.health.v1.Health/Check`);
      expect(JSON.parse(stdout)).toEqual({ status: 'SERVING' });
    });

    it('decodes an answer that holds the details of an error', async () => {
      const { stdout } = await curl(protocol, '-d', '{}', `${address}/baremetal.v1.MachineService/RegisterMachines`);
      expect(JSON.parse(stdout).results[0].error.details[0]).toMatchObject({
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'INVALID_FIELD',
      });
    });

    it('encodes a request of ours', async () => {
      const call = curl(
        protocol,
        '-d',
        '{"machine":{"machineId":"machine-1","spec":{"provider":"fake","targetCluster":{"clusterId":"prod-a"}}}}',
        `${address}/baremetal.v1.MachineService/RegisterMachine`,
      );
      await expect(call).rejects.toMatchObject({ stderr: expect.stringContaining('unimplemented') });
    });
  });
});

/** Refuses the one machine of a batch. */
async function refuseAll() {
  const error = statusOf(new RpcError({ code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD', message: 'no' }));
  return create(RegisterMachinesResponseSchema, { results: [{ error }] });
}

/** What a tool reads off a file of Google's; its options for other languages do not matter. */
function namesIn(file: FileDescriptorProto) {
  return file.messageType.map(({ name, field }) => [name, field.map((each) => [each.name, each.number, each.type])]);
}

/** A service in a file that extends a message, which proto3 files of ours never do. */
function extendingService(): DescService {
  const file = create(FileDescriptorProtoSchema, {
    name: 'test.proto',
    package: 'test',
    syntax: 'proto2',
    messageType: [{ name: 'Base', extensionRange: [{ start: 100, end: 200 }] }],
    extension: [
      {
        name: 'extra',
        number: 100,
        extendee: '.test.Base',
        type: FieldDescriptorProto_Type.STRING,
        label: FieldDescriptorProto_Label.OPTIONAL,
      },
    ],
    service: [{ name: 'TestService', method: [{ name: 'Do', inputType: '.test.Base', outputType: '.test.Base' }] }],
  });
  const service = createFileRegistry(file, () => undefined).getService('test.TestService');
  return service ?? expect.unreachable('the registry has what was put in');
}
