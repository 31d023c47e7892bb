import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { type ClientError, toClientError } from './client-error.ts';
import type { CallRoom } from './unary.ts';
import { methodLabel } from './unary.ts';

/** What becomes of a stream that outlives its connections; told before the next message is given out. */
export type StreamState =
  /** It stands, for the first time. */
  | { readonly kind: 'connected' }
  /** It was lost; attempt `attempt` comes at `retryAt`, in milliseconds since 1970. Told again before each attempt. */
  | { readonly kind: 'lost'; readonly attempt: number; readonly retryAt: number; readonly error: ClientError }
  /** It goes on right behind the last message: nothing is missing, nothing comes twice. */
  | { readonly kind: 'resumed' }
  /** It begins anew with the present state: what happened in between is not known, what was said before may come again. */
  | { readonly kind: 'restarted'; readonly reason: 'CURSOR_EXPIRED' | 'NO_CURSOR' };

/** What a caller may say about a stream. */
export interface StreamSettings {
  /** Ends the stream; the iteration then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told what becomes of the stream. */
  readonly onState?: ((state: StreamState) => void) | undefined;
  /** How long a loss may last before the stream fails with it, in milliseconds; for ever if not given. */
  readonly patienceMs?: number | undefined;
}

/** One kind of stream that can be taken up again. */
export interface Resumable<O extends DescMessage, Place extends MessageInitShape<DescMessage>> {
  readonly method: DescMethod;
  /** The request for the place that was reached; made anew for each attempt. */
  readonly place: () => Place;
  readonly open: (place: Place, signal: AbortSignal) => AsyncIterable<MessageShape<O>>;
  /** Takes note of the place of a message; false where the message was given out before. */
  readonly accept: (message: MessageShape<O>) => boolean;
  /** Whether the next request goes on where the last stream ended. */
  readonly hasPlace: () => boolean;
  /** Forgets the place that was reached. */
  readonly forget: () => void;
  /** Whether the stream's own end is the end, or a loss. */
  readonly ends: boolean;
}

/**
 * Gives out the messages of a stream across losses of the connection. Ends with the stream where it ends by itself;
 * throws a ClientError for what trying again does not mend.
 */
export async function* resuming<O extends DescMessage, Place extends MessageInitShape<DescMessage>>(
  stream: Resumable<O, Place>,
  room: CallRoom,
  { signal, onState, patienceMs }: StreamSettings,
): AsyncGenerator<MessageShape<O>, void, undefined> {
  const label = methodLabel(stream.method);
  const fail = (error: unknown) =>
    toClientError(error, { method: label, address: room.address, reached: room.connection.reached });
  let opened: 'never' | 'with-place' | 'anew' = 'never';
  let expired = false;
  for (;;) {
    await untilThere(room, fail, { signal, onState, patienceMs });
    const how = opened === 'never' ? 'never' : stream.hasPlace() ? 'with-place' : 'anew';
    onState?.(beginning(how, expired));
    opened = stream.hasPlace() ? 'with-place' : 'anew';
    expired = false;
    const failure = yield* once(stream, room, signal, fail);
    if (failure === null) return;
    if (isExpired(failure) && stream.hasPlace()) {
      stream.forget();
      expired = true;
      continue;
    }
    if (!failure.isLoss) throw failure;
    room.connection.lost(failure);
  }
}

function beginning(how: 'never' | 'with-place' | 'anew', expired: boolean): StreamState {
  if (expired) return { kind: 'restarted', reason: 'CURSOR_EXPIRED' };
  if (how === 'never') return { kind: 'connected' };
  return how === 'with-place' ? { kind: 'resumed' } : { kind: 'restarted', reason: 'NO_CURSOR' };
}

/** One connection's worth of the stream; answers what ended it, or null where that was its own end. */
async function* once<O extends DescMessage, Place extends MessageInitShape<DescMessage>>(
  stream: Resumable<O, Place>,
  room: CallRoom,
  signal: AbortSignal | undefined,
  fail: (error: unknown) => ClientError,
): AsyncGenerator<MessageShape<O>, ClientError | null, undefined> {
  const place = stream.place();
  const recording = room.recorder?.begin(stream.method, create(stream.method.input, place));
  // Ends the call as soon as this generator is left, also while it waits for a message.
  const leave = new AbortController();
  const either = signal === undefined ? leave.signal : AbortSignal.any([signal, leave.signal]);
  try {
    for await (const message of stream.open(place, either)) {
      room.connection.heard();
      recording?.answer(message);
      if (stream.accept(message)) yield message;
    }
    recording?.end('OK');
    if (stream.ends) return null;
    return fail(Object.assign(new Error('ended'), { code: 14, details: 'the server ended the stream' }));
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const failure = fail(error);
    recording?.end(failure.code, failure.message);
    return failure;
  } finally {
    recording?.end('CANCELLED');
    leave.abort();
  }
}

/** A cursor that retention has passed, or that is another server's: either way it leads nowhere. */
function isExpired(error: ClientError): boolean {
  if (error.code === 'OUT_OF_RANGE') return true;
  if (error.code !== 'INVALID_ARGUMENT') return false;
  return error.description.fieldViolations.some((violation) => violation.field === 'after_cursor');
}

/** Resolves once the server answers; tells of each attempt, and throws when patience is at its end. */
async function untilThere(
  { connection, waitForServer }: CallRoom,
  fail: (error: unknown) => ClientError,
  { signal, onState, patienceMs }: StreamSettings,
): Promise<void> {
  signal?.throwIfAborted();
  if (connection.state.kind === 'connected') return;
  if (connection.state.kind === 'connecting') {
    try {
      await connection.ping(signal);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      const failure = fail(error);
      if (!failure.isLoss || !waitForServer) throw failure;
      connection.lost(failure);
    }
  }
  const tell = () => {
    const { state } = connection;
    if (state.kind === 'lost') {
      onState?.({ kind: 'lost', attempt: state.attempt, retryAt: state.retryAt, error: state.error });
    }
  };
  tell();
  const unsubscribe = connection.subscribe(tell);
  const timeUp = patienceMs === undefined ? undefined : AbortSignal.timeout(patienceMs);
  const signals = [signal, timeUp].filter((one) => one !== undefined);
  try {
    await connection.connected(signals.length === 0 ? undefined : AbortSignal.any(signals));
  } catch (reason) {
    const { state } = connection;
    throw timeUp?.aborted && !signal?.aborted && state.kind === 'lost' ? state.error : reason;
  } finally {
    unsubscribe();
  }
}
