import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
/** The largest multiple of 36 in a byte: what lies above it would favour the first characters. */
const FAIR_BYTES = 252;

/** So many random characters of [0-9a-z], each equally likely, from the system's own source. */
export function randomId(length: number): string {
  let id = '';
  while (id.length < length) {
    for (const byte of randomBytes(length * 2)) {
      if (byte < FAIR_BYTES && id.length < length) id += ALPHABET[byte % ALPHABET.length];
    }
  }
  return id;
}

/** A run id: 16 characters, 82 bits, no two alike; says nothing about time. */
export function newRunId(): string {
  return randomId(16);
}

/** The id of a machine that came without one. */
export function newMachineId(): string {
  return `machine-${randomId(10)}`;
}

/** The name of one server incarnation among those that share a store. */
export function newInstanceId(): string {
  return `server-${randomId(8)}`;
}

/** Stands for a failure in the answer to the client and in the server's log, so that one is found by the other. */
export function newErrorId(): string {
  return randomId(8);
}
