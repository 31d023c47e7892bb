import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import type { Client, ClientUnaryCall, Deadline } from '@grpc/grpc-js';
import { Metadata } from '@grpc/grpc-js';
import { methodDefinition } from './bridge.ts';

/** What a caller may say about one call. */
export interface CallOptions {
  /** Cancels the call; the caller then gets the signal's reason, not a gRPC error. */
  readonly signal?: AbortSignal | undefined;
  /** When to give up with DEADLINE_EXCEEDED: a Date, or milliseconds since 1970. None: never. */
  readonly deadline?: Deadline | undefined;
  /** Sent along with the request. */
  readonly metadata?: Metadata | undefined;
}

/** Calls one method and promises its answer; rejects with grpc-js's ServiceError (see `describeError`). */
export type UnaryCall<I extends DescMessage, O extends DescMessage> = (
  request: MessageInitShape<I>,
  options?: CallOptions,
) => Promise<MessageShape<O>>;

/**
 * Calls one method and gives its stream. The call begins when the first message is asked for; a reader that is slow
 * holds the sender back through HTTP/2's window. An error overtakes messages that the reader has not asked for yet
 * (grpc-js drops them), so a reader that must not miss any resumes from the last one it saw. To end the stream while a
 * message is awaited, abort the signal: an async generator's `return()` waits for that message.
 */
export type ServerStreamCall<I extends DescMessage, O extends DescMessage> = (
  request: MessageInitShape<I>,
  options?: CallOptions,
) => AsyncGenerator<MessageShape<O>, void, undefined>;

type Call<Kind, I extends DescMessage, O extends DescMessage> = Kind extends 'unary'
  ? UnaryCall<I, O>
  : ServerStreamCall<I, O>;

type CallableName<Methods extends DescService['method']> = {
  [K in keyof Methods]: Methods[K]['methodKind'] extends 'unary' | 'server_streaming' ? K : never;
}[keyof Methods];

/** The unary and server-streaming methods of a service, under their local names. */
export type ServiceClient<S extends DescService> = {
  readonly [K in CallableName<S['method']>]: Call<
    S['method'][K]['methodKind'],
    S['method'][K]['input'],
    S['method'][K]['output']
  >;
};

/** The typed client of one service on a channel; many may share a channel, and closing it is its owner's business. */
export function createClient<S extends DescService>(service: S, channel: Client): ServiceClient<S> {
  const calls: Record<string, unknown> = {};
  for (const method of service.methods) {
    if (method.methodKind === 'unary') calls[method.localName] = unaryCall(channel, method as DescMethodUnary);
    else if (method.methodKind === 'server_streaming')
      calls[method.localName] = serverStreamCall(channel, method as DescMethodServerStreaming);
  }
  return calls as ServiceClient<S>;
}

function unaryCall<I extends DescMessage, O extends DescMessage>(
  channel: Client,
  method: DescMethodUnary<I, O>,
): UnaryCall<I, O> {
  const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
  return (request, { signal, deadline, metadata } = {}) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      let call: ClientUnaryCall | undefined;
      const cancel = () => call?.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      call = channel.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        create(method.input, request),
        metadata ?? new Metadata(),
        deadline === undefined ? {} : { deadline },
        (error, response) => {
          signal?.removeEventListener('abort', cancel);
          if (error === null) resolve(response as MessageShape<O>);
          else reject(signal?.aborted ? signal.reason : error);
        },
      );
    });
}

function serverStreamCall<I extends DescMessage, O extends DescMessage>(
  channel: Client,
  method: DescMethodServerStreaming<I, O>,
): ServerStreamCall<I, O> {
  const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
  return async function* (request, { signal, deadline, metadata } = {}) {
    signal?.throwIfAborted();
    const call = channel.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      create(method.input, request),
      metadata ?? new Metadata(),
      deadline === undefined ? {} : { deadline },
    );
    // The loop below sees errors by itself; this one is for those that come after it was left, from cancel().
    call.on('error', () => {});
    const cancel = () => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      for await (const message of call) {
        signal?.throwIfAborted();
        yield message as MessageShape<O>;
      }
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', cancel);
      call.cancel();
    }
  };
}
