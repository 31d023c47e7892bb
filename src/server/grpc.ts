import type { DescService } from '@bufbuild/protobuf';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { EventService } from '../wire/gen/baremetal/v1/event_service_pb.ts';
import { MachineService } from '../wire/gen/baremetal/v1/machine_service_pb.ts';
import { PlanService } from '../wire/gen/baremetal/v1/plan_service_pb.ts';
import { RunService } from '../wire/gen/baremetal/v1/run_service_pb.ts';
import { ServerService } from '../wire/gen/baremetal/v1/server_service_pb.ts';
import { Health } from '../wire/gen/grpc/health/v1/health_pb.ts';
import { ServerReflection } from '../wire/gen/grpc/reflection/v1/reflection_pb.ts';
import { ServerReflection as ServerReflectionAlpha } from '../wire/gen/grpc/reflection/v1alpha/reflection_pb.ts';
import type { HealthService } from './health.ts';
import type { Handlers } from './interceptors/call.ts';
import type { Guard } from './interceptors/guard.ts';
import { guardService } from './interceptors/guard.ts';
import { GRPC_OPTIONS } from './limits.ts';
import { reflectionHandlers } from './reflection.ts';
import type { ServiceContext } from './services/context.ts';
import { eventService } from './services/event.ts';
import { machineService } from './services/machine.ts';
import { planService } from './services/plan.ts';
import { runService } from './services/run.ts';
import type { AboutServer } from './services/server-info.ts';
import { serverService } from './services/server-info.ts';

/** The services that are bmdemo's own. */
export const OWN_SERVICES: readonly DescService[] = [
  MachineService,
  PlanService,
  RunService,
  ServerService,
  EventService,
];

const ALL_SERVICES: readonly DescService[] = [...OWN_SERVICES, Health, ServerReflection, ServerReflectionAlpha];

/** The methods that this version carries out, as `baremetal.v1.RunService/StartRun`. */
export function implementedMethods(): readonly string[] {
  return OWN_SERVICES.flatMap((service) => service.methods.map((method) => `${service.typeName}/${method.name}`));
}

/** What a gRPC server is made of. */
export interface GrpcParts {
  readonly context: ServiceContext;
  readonly about: AboutServer;
  readonly health: HealthService;
  readonly guard: Guard;
}

/** Puts every service of the contract, health and reflection behind the interceptors. Connections are given to it. */
export function createGrpcServer(parts: GrpcParts) {
  const { context, about, health, guard } = parts;
  const server = new GrpcServer(GRPC_OPTIONS);
  const add = <S extends DescService>(service: S, handlers: Handlers<S>) => {
    const { definition, implementation } = guardService(service, handlers, guard);
    server.addService(definition, implementation);
  };
  const reflection = reflectionHandlers(ALL_SERVICES);
  add(MachineService, machineService(context));
  add(PlanService, planService(context));
  add(RunService, runService(context));
  add(ServerService, serverService(context, about));
  add(EventService, eventService(context));
  add(Health, health);
  add(ServerReflection, reflection.v1);
  add(ServerReflectionAlpha, reflection.v1alpha);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return { server, injector };
}
