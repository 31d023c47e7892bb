import type { DescMessage, DescService, MessageShape } from '@bufbuild/protobuf';
import type { Origin } from '../../core/ports/origin.ts';
import type { Outgoing } from '../../wire/bridge.ts';
import type { CallContext } from '../../wire/bridge-server.ts';

/** Who calls, as the server sees it. */
export interface Caller {
  /** The name that runs and events are given. */
  readonly user: string;
  /** True: the name was proven; false: it is the client's own word. */
  readonly authenticated: boolean;
}

/** What a handler knows of a call that the interceptors let through. */
export interface Call extends CallContext {
  readonly caller: Caller;
  /** Aborts when nobody waits for the answer any more, and when the server ends. */
  readonly signal: AbortSignal;
}

/** What the audit trail keeps of the command that a call gives to this incarnation of the server. */
export function originOf(
  { caller, peer, method }: Call,
  server: string,
  { requestId = '', reason }: { readonly requestId?: string; readonly reason: string },
): Origin {
  return { actor: caller.user, peer, requestId, reason, method: `${method.parent.name}/${method.name}`, server };
}

type Handler<Kind, I extends DescMessage, O extends DescMessage> = Kind extends 'unary'
  ? (request: MessageShape<I>, call: Call) => Promise<Outgoing<O>>
  : Kind extends 'server_streaming'
    ? (request: MessageShape<I>, call: Call) => AsyncIterable<Outgoing<O>>
    : Kind extends 'client_streaming'
      ? (requests: AsyncIterable<MessageShape<I>>, call: Call) => Promise<Outgoing<O>>
      : (requests: AsyncIterable<MessageShape<I>>, call: Call) => AsyncIterable<Outgoing<O>>;

/** One handler for each method of a service, under its local name. */
export type Handlers<S extends DescService> = {
  readonly [K in keyof S['method']]: Handler<
    S['method'][K]['methodKind'],
    S['method'][K]['input'],
    S['method'][K]['output']
  >;
};
