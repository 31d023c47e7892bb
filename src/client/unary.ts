import type { DescMessage, DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import type { Metadata } from '@grpc/grpc-js';
import type { CallOptions, ServiceClient } from '../wire/bridge-client.ts';
import type { CallRecorder } from './call-record.ts';
import type { CallSite } from './client-error.ts';
import { ClientError, toClientError } from './client-error.ts';
import type { Connection } from './connection.ts';
import { isSafeToRepeat } from './safe-to-repeat.ts';

/** What a caller may say about one call. */
export interface CallSettings {
  /** Ends the call; the caller then gets the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take with all its attempts, in milliseconds; the client's own default otherwise. */
  readonly timeoutMs?: number | undefined;
}

/** The unary methods of a service, under their local names; each rejects with a ClientError, or the signal's reason. */
export type UnaryMethods<S extends DescService> = {
  readonly [K in keyof S['method'] as S['method'][K]['methodKind'] extends 'unary' ? K : never]: (
    request: MessageInitShape<S['method'][K]['input']>,
    settings?: CallSettings,
  ) => Promise<MessageShape<S['method'][K]['output']>>;
};

/** What the calls of a client share. */
export interface CallRoom {
  readonly address: string;
  readonly connection: Connection;
  readonly metadata: Metadata;
  readonly recorder: CallRecorder | null;
  readonly timeoutMs: number;
  /** Whether a call waits for a server that never answered so far, or fails at once. */
  readonly waitForServer: boolean;
  /** Told why, each time a unary call waits for the server before it is sent again. */
  readonly onWait: (error: ClientError) => void;
}

type Message = MessageShape<DescMessage>;
type Raw = (request: Message, options: CallOptions) => Promise<Message>;

/**
 * Gives each unary method of a service a deadline, errors for people, and further attempts: a call that met no server
 * is sent again, as it was and with the same request id, when the server is back, if that is safe and in time.
 */
export function unaryMethods<S extends DescService>(
  service: S,
  calls: ServiceClient<S>,
  room: CallRoom,
): UnaryMethods<S> {
  const methods: Record<string, unknown> = {};
  for (const method of service.methods) {
    if (method.methodKind !== 'unary') continue;
    const raw = (calls as unknown as Readonly<Record<string, Raw>>)[method.localName];
    if (raw !== undefined) methods[method.localName] = unaryMethod(method, raw, room);
  }
  return methods as UnaryMethods<S>;
}

function unaryMethod(method: DescMethod, raw: Raw, room: CallRoom) {
  return async (init: MessageInitShape<DescMessage>, settings: CallSettings = {}): Promise<Message> => {
    const request = create(method.input, init);
    const deadline = Date.now() + (settings.timeoutMs ?? room.timeoutMs);
    let met: ClientError | null = null;
    for (;;) {
      try {
        return await callOnce(method, raw, request, room, { signal: settings.signal, deadline });
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        // Time that runs out on a further attempt says less than what made it necessary.
        if (met !== null && error.code === 'DEADLINE_EXCEEDED') throw met;
        if (!mayRepeat(error, method, request, room)) throw error;
        met = error;
        room.connection.lost(error);
        room.onWait(error);
        await untilConnected(room.connection, deadline, error, settings.signal);
      }
    }
  };
}

async function callOnce(
  method: DescMethod,
  raw: Raw,
  request: Message,
  { address, connection, metadata, recorder }: CallRoom,
  { signal, deadline }: { signal: AbortSignal | undefined; deadline: number },
): Promise<Message> {
  const recording = recorder?.begin(method, request);
  const startedAt = performance.now();
  try {
    const answer = await raw(request, { signal, deadline, metadata });
    connection.heard(performance.now() - startedAt);
    recording?.answer(answer);
    recording?.end('OK');
    return answer;
  } catch (error) {
    if (signal?.aborted) {
      recording?.end('CANCELLED');
      throw error;
    }
    const site: CallSite = { method: methodLabel(method), address, reached: connection.reached };
    const failure = toClientError(error, site);
    if (failure.reason !== '') connection.heard();
    recording?.end(failure.code, failure.message);
    throw failure;
  }
}

function mayRepeat(error: ClientError, method: DescMethod, request: object, room: CallRoom): boolean {
  if (!error.isLoss || !isSafeToRepeat(method, request)) return false;
  return room.waitForServer || !error.noServer;
}

/** Resolves when the server is back; throws what was lost when time is up before that. */
async function untilConnected(
  connection: Connection,
  deadline: number,
  error: ClientError,
  signal: AbortSignal | undefined,
): Promise<void> {
  const timeUp = AbortSignal.timeout(Math.max(0, deadline - Date.now()));
  try {
    await connection.connected(signal === undefined ? timeUp : AbortSignal.any([signal, timeUp]));
  } catch (reason) {
    throw signal?.aborted ? reason : error;
  }
}

/** `RunService/StartRun`. */
export function methodLabel(method: DescMethod): string {
  return `${method.parent.name}/${method.name}`;
}
