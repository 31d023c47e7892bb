import type { DescService } from '@bufbuild/protobuf';
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Clock } from '../../core/ports/clock.ts';
import type { CallContext, ServiceHandlers } from '../../wire/bridge-server.ts';
import { serviceImplementation } from '../../wire/bridge-server.ts';
import type { CallEnd } from './access-log.ts';
import { logCall } from './access-log.ts';
import type { Call, Caller, Handlers } from './call.ts';
import { withinLimit } from './deadline.ts';
import { shuttingDown, tell } from './faults.ts';
import { identify } from './identity.ts';
import type { OpenStreams } from './open-streams.ts';
import { refuseMalformed, tolerantDefinition } from './well-formed.ts';

/** What stands between the wire and every handler of one server. */
export interface Guard {
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborted when the server ends: its streams end with UNAVAILABLE. */
  readonly closing: AbortSignal;
  readonly streams: OpenStreams;
}

/** What grpc-js's `Server.addService` takes. */
export interface GuardedService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

type AnyHandler = (input: unknown, call: Call) => Promise<unknown> | AsyncIterable<unknown>;

/**
 * Puts a service behind its interceptors: is the request well-formed, who calls, how long may it take, what is the
 * client told of a failure, and a line in the log.
 */
export function guardService<S extends DescService>(service: S, handlers: Handlers<S>, guard: Guard): GuardedService {
  const guarded: Record<string, unknown> = {};
  for (const method of service.methods) {
    const handler = (handlers as Readonly<Record<string, AnyHandler>>)[method.localName]?.bind(handlers);
    if (handler === undefined) continue;
    const answersOnce = method.methodKind === 'unary' || method.methodKind === 'client_streaming';
    guarded[method.localName] = answersOnce ? guardAnswer(handler, guard) : guardStream(handler, guard);
  }
  return {
    definition: tolerantDefinition(service),
    // The error of a handler has been told and logged when it comes here.
    implementation: serviceImplementation(service, guarded as ServiceHandlers<S>),
  };
}

function admit(input: unknown, context: CallContext, closing: AbortSignal): Call {
  refuseMalformed(input, context.method.input.typeName);
  return new AdmittedCall(context, identify(context.metadata), closing);
}

class AdmittedCall implements Call {
  readonly caller: Caller;
  readonly #context: CallContext;
  readonly #closing: AbortSignal;
  #signal: AbortSignal | undefined;

  constructor(context: CallContext, caller: Caller, closing: AbortSignal) {
    this.#context = context;
    this.#closing = closing;
    this.caller = caller;
  }

  get method() {
    return this.#context.method;
  }

  get metadata() {
    return this.#context.metadata;
  }

  get peer() {
    return this.#context.peer;
  }

  get deadline() {
    return this.#context.deadline;
  }

  /** Made when it is first asked for: most calls with one answer never do. */
  get signal(): AbortSignal {
    this.#signal ??= AbortSignal.any([this.#context.signal, this.#closing]);
    return this.#signal;
  }
}

function guardAnswer(handler: AnyHandler, guard: Guard) {
  return async (input: unknown, context: CallContext): Promise<unknown> => {
    const started = guard.clock.monotonic();
    let end: CallEnd = 'ok';
    let call: Call | null = null;
    try {
      call = admit(input, context, guard.closing);
      return await withinLimit(guard.clock, handler(input, call) as Promise<unknown>);
    } catch (error) {
      // A handler that let go of its work because nobody waits for it any more has not failed, and nobody hears of it.
      const gone = context.signal.aborted && error === context.signal.reason;
      end = gone ? 'canceled' : tell(error, context, guard.closing, guard.log);
      throw gone ? error : end;
    } finally {
      logCall(guard.log, context, call, end, guard.clock.monotonic() - started);
    }
  };
}

function guardStream(handler: AnyHandler, guard: Guard) {
  return (input: unknown, context: CallContext): AsyncIterable<unknown> => ({
    [Symbol.asyncIterator]: () => new GuardedStream(handler, input, context, guard),
  });
}

/** A stream of a handler, with its errors told. No generator, so that each message costs one promise less. */
class GuardedStream implements AsyncIterator<unknown> {
  readonly #context: CallContext;
  readonly #guard: Guard;
  readonly #started: number;
  readonly #begin: () => AsyncIterator<unknown>;
  #inner: AsyncIterator<unknown> | null = null;
  #call: Call | null = null;
  #over = false;

  constructor(handler: AnyHandler, input: unknown, context: CallContext, guard: Guard) {
    this.#context = context;
    this.#guard = guard;
    this.#started = guard.clock.monotonic();
    this.#begin = () => {
      this.#call = admit(input, context, guard.closing);
      return (handler(input, this.#call) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    };
  }

  async next(): Promise<IteratorResult<unknown>> {
    try {
      this.#inner ??= this.#open();
      const result = await this.#inner.next();
      // A handler ends its stream when the server ends; the client is to know that it was not at its end.
      if (result.done && this.#guard.closing.aborted) throw shuttingDown();
      if (result.done) this.#end(this.#context.signal.aborted ? 'canceled' : 'ok');
      return result;
    } catch (error) {
      const told = tell(error, this.#context, this.#guard.closing, this.#guard.log);
      this.#end(told);
      throw told;
    }
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.#end('canceled');
    await this.#inner?.return?.();
    return { done: true, value: undefined };
  }

  #open(): AsyncIterator<unknown> {
    this.#guard.streams.enter();
    try {
      return this.#begin();
    } catch (error) {
      this.#guard.streams.leave();
      this.#over = true;
      throw error;
    }
  }

  #end(end: CallEnd): void {
    const { log, clock, streams } = this.#guard;
    logCall(log, this.#context, this.#call, end, clock.monotonic() - this.#started);
    if (this.#over || this.#inner === null) return;
    this.#over = true;
    streams.leave();
  }
}
