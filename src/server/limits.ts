import type { ServerOptions } from '@grpc/grpc-js';

/** The largest request, in bytes: 10,000 machines in a RegisterMachines, with room. */
export const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** Machines in one RegisterMachines. */
export const MAX_BATCH_SIZE = 10_000;

/** Streams that a server has open at once, over all connections. */
export const MAX_OPEN_STREAMS = 4_096;

/** What grpc-js is told. */
export const GRPC_OPTIONS: ServerOptions = {
  'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
  // An answer is a page of at most 1,000 rows or one event; what limits it is what limits its parts.
  'grpc.max_send_message_length': -1,
  // Calls of one connection at once; a client's further ones wait on its side.
  'grpc.max_concurrent_streams': 1_000,
  // A client that went without a word is noticed after 40 s, and its watches end.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.enable_channelz': 0,
};
