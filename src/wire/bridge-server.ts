import type { EventEmitter } from 'node:events';
import type { DescMessage, DescMethod, DescService, MessageShape } from '@bufbuild/protobuf';
import type {
  Metadata,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceError,
  sendUnaryData,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Outgoing } from './bridge.ts';
import { toRpcError } from './errors.ts';

/** What a handler knows of the call beside the request. */
export interface CallContext {
  readonly method: DescMethod;
  /** What the client sent along; without the headers that belong to gRPC. */
  readonly metadata: Metadata;
  /** The client's address, `host:port`, or `unix` for one that came through a socket file. */
  readonly peer: string;
  /** When the client gives up, in milliseconds since 1970; Infinity if it does not. */
  readonly deadline: number;
  /** Aborts when nobody waits for the answer any more: canceled, out of time, connection lost, or answered. */
  readonly signal: AbortSignal;
}

/** Answers one request with one message; throws an `RpcError` to refuse. */
export type UnaryHandler<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  context: CallContext,
) => Promise<Outgoing<O>>;

/**
 * Answers one request with a stream. It is asked for the next message only once the one before has found its place in
 * the client's window, so it must not gather messages itself, and its waits must end with `context.signal`.
 */
export type ServerStreamHandler<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  context: CallContext,
) => AsyncIterable<Outgoing<O>>;

/** Answers a stream with one message. */
export type ClientStreamHandler<I extends DescMessage, O extends DescMessage> = (
  requests: AsyncIterable<MessageShape<I>>,
  context: CallContext,
) => Promise<Outgoing<O>>;

/** Answers a stream with a stream. */
export type BidiHandler<I extends DescMessage, O extends DescMessage> = (
  requests: AsyncIterable<MessageShape<I>>,
  context: CallContext,
) => AsyncIterable<Outgoing<O>>;

type Handler<Kind, I extends DescMessage, O extends DescMessage> = Kind extends 'unary'
  ? UnaryHandler<I, O>
  : Kind extends 'server_streaming'
    ? ServerStreamHandler<I, O>
    : Kind extends 'client_streaming'
      ? ClientStreamHandler<I, O>
      : BidiHandler<I, O>;

/** One handler for each method of a service, under its local name. */
export type ServiceHandlers<S extends DescService> = {
  readonly [K in keyof S['method']]: Handler<
    S['method'][K]['methodKind'],
    S['method'][K]['input'],
    S['method'][K]['output']
  >;
};

/** Turns whatever a handler threw into what the client is told; the place to log what it is not told. */
export type ErrorMapper = (error: unknown, context: CallContext) => ServiceError;

/**
 * What grpc-js's `Server.addService` takes beside `serviceDefinition(service)`. Handlers may be a class's methods.
 * Whatever they throw goes through `toError`, which by default hides everything but `RpcError` behind INTERNAL.
 */
export function serviceImplementation<S extends DescService>(
  service: S,
  handlers: ServiceHandlers<S>,
  toError: ErrorMapper = toRpcError,
): UntypedServiceImplementation {
  const byName = handlers as unknown as Readonly<Record<string, AnyHandler | undefined>>;
  const implementation: UntypedServiceImplementation = {};
  for (const method of service.methods) {
    const handler = byName[method.localName]?.bind(handlers);
    if (handler !== undefined) implementation[method.localName] = handleCall(method, handler, toError);
  }
  return implementation;
}

type AnyHandler = (input: unknown, context: CallContext) => unknown;
type Message = MessageShape<DescMessage>;
type Out = Outgoing<DescMessage>;
type ReadingCall = ServerReadableStream<Message, Out> | ServerDuplexStream<Message, Out>;
type WritingCall = ServerWritableStream<Message, Out> | ServerDuplexStream<Message, Out>;
type AnyCall = Pick<ServerUnaryCall<Message, Out>, 'cancelled' | 'metadata' | 'getPeer' | 'getDeadline'> & EventEmitter;

function handleCall(method: DescMethod, handler: AnyHandler, toError: ErrorMapper): UntypedHandleCall {
  const one = handler as (input: unknown, context: CallContext) => Promise<Out>;
  const many = handler as (input: unknown, context: CallContext) => AsyncIterable<Out>;
  switch (method.methodKind) {
    case 'unary':
      return (call: ServerUnaryCall<Message, Out>, done: sendUnaryData<Out>) =>
        answer(call, method, (context) => one(call.request, context), done, toError);
    case 'client_streaming':
      return (call: ServerReadableStream<Message, Out>, done: sendUnaryData<Out>) =>
        answer(call, method, (context) => one(requestsOf(call), context), done, toError);
    case 'server_streaming':
      return (call: ServerWritableStream<Message, Out>) =>
        stream(call, method, (context) => many(call.request, context), toError);
    case 'bidi_streaming':
      return (call: ServerDuplexStream<Message, Out>) =>
        stream(call, method, (context) => many(requestsOf(call), context), toError);
  }
}

async function answer(
  call: AnyCall,
  method: DescMethod,
  ask: (context: CallContext) => Promise<Out>,
  done: sendUnaryData<Out>,
  toError: ErrorMapper,
): Promise<void> {
  const context = new Context(call, method);
  let message: Out;
  try {
    message = await ask(context);
  } catch (error) {
    done(toError(error, context));
    return;
  }
  done(null, message);
}

async function stream(
  call: WritingCall,
  method: DescMethod,
  ask: (context: CallContext) => AsyncIterable<Out>,
  toError: ErrorMapper,
): Promise<void> {
  const context = new Context(call, method);
  try {
    for await (const message of ask(context)) {
      if (call.cancelled) return;
      if (!call.write(message)) await drained(call, context.signal);
    }
    call.end();
  } catch (error) {
    const told = toError(error, context);
    // 'error' and not destroy(): grpc-js then sends what was written before it, and the status behind it.
    if (!call.cancelled) call.emit('error', told);
  }
}

/** The requests of a stream; leaving the loop does not take the way back with it. */
function requestsOf(call: ReadingCall): AsyncIterable<Message> {
  return call.iterator({ destroyOnReturn: false });
}

/** Resolves once the stream takes more, or nobody reads it any more. */
function drained(call: WritingCall, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    if (signal.aborted) return resolve();
    call.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
  });
}

class Context implements CallContext {
  readonly method: DescMethod;
  readonly peer: string;
  readonly #call: AnyCall;
  #signal: AbortSignal | undefined;

  constructor(call: AnyCall, method: DescMethod) {
    this.#call = call;
    this.method = method;
    // Asked for now, because grpc-js forgets it with the connection. It has no name for a client without an address.
    const peer = call.getPeer();
    this.peer = peer === 'unknown' ? 'unix' : peer;
  }

  get metadata(): Metadata {
    return this.#call.metadata;
  }

  get deadline(): number {
    return Number(this.#call.getDeadline());
  }

  /** Made when it is first asked for: most unary handlers never do. */
  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      const controller = new AbortController();
      this.#signal = controller.signal;
      if (this.#call.cancelled) controller.abort();
      else this.#call.once('cancelled', () => controller.abort());
    }
    return this.#signal;
  }
}
