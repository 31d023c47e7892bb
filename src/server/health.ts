import { create } from '@bufbuild/protobuf';
import type { CallContext, ServiceHandlers } from '../wire/bridge-server.ts';
import { RpcError } from '../wire/errors.ts';
import type { Health, HealthCheckRequest, HealthCheckResponse } from '../wire/gen/grpc/health/v1/health_pb.ts';
import {
  HealthCheckResponseSchema,
  HealthListResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from '../wire/gen/grpc/health/v1/health_pb.ts';

/**
 * The standard health service: whether the server, and each of its services, takes calls at this moment. The server as
 * a whole is asked for with an empty name.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export class HealthService implements ServiceHandlers<typeof Health> {
  readonly #names: ReadonlySet<string>;
  /** One wake-up a watcher: what it then sends is the state of that moment, so none needs a queue. */
  readonly #watchers = new Set<() => void>();
  #status: Status;

  /** Begins as NOT_SERVING for these services (full names) and the whole. */
  constructor(services: Iterable<string>) {
    this.#names = new Set(['', ...services]);
    this.#status = Status.NOT_SERVING;
  }

  /** Says from now on that all services take calls, or that none does. */
  setServing(serving: boolean): void {
    this.#status = serving ? Status.SERVING : Status.NOT_SERVING;
    for (const wake of this.#watchers) wake();
  }

  async check({ service }: HealthCheckRequest): Promise<HealthCheckResponse> {
    if (!this.#names.has(service)) {
      throw new RpcError({
        code: 'NOT_FOUND',
        reason: 'SERVICE_NOT_FOUND',
        message: `there is no service ${JSON.stringify(service)} here`,
        metadata: { service },
      });
    }
    return create(HealthCheckResponseSchema, { status: this.#status });
  }

  async list() {
    const statuses = Object.fromEntries([...this.#names].map((name) => [name, { status: this.#status }]));
    return create(HealthListResponseSchema, { statuses });
  }

  /** The status now and after each change; several changes while the reader is busy are one. */
  async *watch({ service }: HealthCheckRequest, { signal }: CallContext): AsyncGenerator<HealthCheckResponse> {
    const now = () => (this.#names.has(service) ? this.#status : Status.SERVICE_UNKNOWN);
    let sent: Status | undefined;
    while (!signal.aborted) {
      const status = now();
      if (status !== sent) {
        sent = status;
        yield create(HealthCheckResponseSchema, { status });
      } else {
        await this.#change(signal);
      }
    }
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#watchers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      if (signal.aborted) return resolve();
      this.#watchers.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
