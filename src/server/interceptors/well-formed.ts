import type { DescService } from '@bufbuild/protobuf';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { serviceDefinition } from '../../wire/bridge.ts';
import { RpcError } from '../../wire/errors.ts';

/** Stands for a request whose bytes are no message. */
class Malformed {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

/**
 * The definition of a service that hands on requests it cannot read instead of failing: grpc-js would answer INTERNAL,
 * though it is the client's mistake.
 */
export function tolerantDefinition(service: DescService): ServiceDefinition {
  const methods = Object.entries(serviceDefinition(service));
  return Object.fromEntries(
    methods.map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer): object => {
        try {
          return method.requestDeserialize(bytes);
        } catch (error) {
          return new Malformed(error);
        }
      };
      return [name, { ...method, requestDeserialize }];
    }),
  );
}

/**
 * Lets through what is a message.
 *
 * @throws RpcError INVALID_ARGUMENT for a request that could not be read
 */
export function refuseMalformed(request: unknown, typeName: string): void {
  if (!(request instanceof Malformed)) return;
  throw new RpcError({
    code: 'INVALID_ARGUMENT',
    reason: 'INVALID_FIELD',
    message: `the request is no ${typeName}: its bytes cannot be read`,
    cause: request.cause,
  });
}
