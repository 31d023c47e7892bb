import { create } from '@bufbuild/protobuf';
import { Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { CallContext } from '../wire/bridge-server.ts';
import { describeError } from '../wire/errors.ts';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Status,
} from '../wire/gen/grpc/health/v1/health_pb.ts';
import { HealthService } from './health.ts';

const request = (service: string) => create(HealthCheckRequestSchema, { service });
const controllers: AbortController[] = [];
afterEach(() => {
  for (const controller of controllers.splice(0)) controller.abort();
});

function watch(health: HealthService, service: string) {
  const controller = new AbortController();
  controllers.push(controller);
  const context: CallContext = {
    method: Health.method.watch,
    metadata: new Metadata(),
    peer: 'test',
    deadline: Number.POSITIVE_INFINITY,
    signal: controller.signal,
  };
  const statuses = health.watch(request(service), context);
  return { controller, next: async () => (await statuses.next()).value?.status };
}

describe('HealthService', () => {
  it('says of the whole and of each service whether it takes calls, from NOT_SERVING on', async () => {
    const health = new HealthService(['a.B']);
    expect(await health.check(request(''))).toMatchObject({ status: Status.NOT_SERVING });
    health.setServing(true);
    expect(await health.check(request(''))).toMatchObject({ status: Status.SERVING });
    expect(await health.check(request('a.B'))).toMatchObject({ status: Status.SERVING });
    expect((await health.list()).statuses).toMatchObject({
      '': { status: Status.SERVING },
      'a.B': { status: Status.SERVING },
    });
    health.setServing(false);
    expect(await health.check(request('a.B'))).toMatchObject({ status: Status.NOT_SERVING });
  });

  it('answers NOT_FOUND for a service that is not here', async () => {
    const error = await new HealthService(['a.B']).check(request('a.C')).catch((reason: unknown) => reason);
    expect(describeError(error)).toMatchObject({ codeName: 'NOT_FOUND', metadata: { service: 'a.C' } });
  });

  it('sends a watcher the present status, then each change', async () => {
    const health = new HealthService(['a.B']);
    const { next } = watch(health, 'a.B');
    expect(await next()).toBe(Status.NOT_SERVING);
    const changed = next();
    health.setServing(true);
    expect(await changed).toBe(Status.SERVING);
  });

  it('sends nothing for what is no change, and the last of several', async () => {
    const health = new HealthService([]);
    const { next } = watch(health, '');
    await next();
    const changed = next();
    health.setServing(false);
    health.setServing(true);
    health.setServing(false);
    health.setServing(true);
    expect(await changed).toBe(Status.SERVING);
  });

  it('keeps a watch of an unknown service open, as SERVICE_UNKNOWN, until it is canceled', async () => {
    const { controller, next } = watch(new HealthService([]), 'a.C');
    expect(await next()).toBe(Status.SERVICE_UNKNOWN);
    const ended = next();
    controller.abort();
    expect(await ended).toBeUndefined();
  });
});
