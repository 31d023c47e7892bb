import { create } from '@bufbuild/protobuf';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { serviceDefinition } from '../wire/bridge.ts';
import type { ServiceHandlers } from '../wire/bridge-server.ts';
import { serviceImplementation } from '../wire/bridge-server.ts';
import { EventService } from '../wire/gen/baremetal/v1/event_service_pb.ts';
import { MachineService } from '../wire/gen/baremetal/v1/machine_service_pb.ts';
import { PlanService } from '../wire/gen/baremetal/v1/plan_service_pb.ts';
import { RunService } from '../wire/gen/baremetal/v1/run_service_pb.ts';
import { GetServerInfoResponseSchema, ServerService } from '../wire/gen/baremetal/v1/server_service_pb.ts';

/** What a server of a test answers; what is left out is UNIMPLEMENTED. */
export interface Handlers {
  readonly machines?: Partial<ServiceHandlers<typeof MachineService>>;
  readonly plans?: Partial<ServiceHandlers<typeof PlanService>>;
  readonly runs?: Partial<ServiceHandlers<typeof RunService>>;
  readonly events?: Partial<ServiceHandlers<typeof EventService>>;
  readonly server?: Partial<ServiceHandlers<typeof ServerService>>;
}

/** A real gRPC server of a test. */
export interface ServerDouble {
  readonly port: number;
  /** Ends every connection, as a server that was killed. */
  kill(): void;
}

/** Starts one on that port of the loopback, on a free one by default. It answers GetServerInfo unless told otherwise. */
export async function startDouble(handlers: Handlers, port = 0): Promise<ServerDouble> {
  const server = new Server();
  const info = { getServerInfo: async () => create(GetServerInfoResponseSchema, { version: 'double' }) };
  const machines = handlers.machines as ServiceHandlers<typeof MachineService> | undefined;
  const plans = handlers.plans as ServiceHandlers<typeof PlanService> | undefined;
  const runs = handlers.runs as ServiceHandlers<typeof RunService> | undefined;
  const events = handlers.events as ServiceHandlers<typeof EventService> | undefined;
  const about = { ...info, ...handlers.server } as ServiceHandlers<typeof ServerService>;
  if (machines) server.addService(serviceDefinition(MachineService), serviceImplementation(MachineService, machines));
  if (plans) server.addService(serviceDefinition(PlanService), serviceImplementation(PlanService, plans));
  if (runs) server.addService(serviceDefinition(RunService), serviceImplementation(RunService, runs));
  if (events) server.addService(serviceDefinition(EventService), serviceImplementation(EventService, events));
  server.addService(serviceDefinition(ServerService), serviceImplementation(ServerService, about));
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, number) =>
      error === null ? resolve(number) : reject(error),
    ),
  );
  return { port: bound, kill: () => server.forceShutdown() };
}
