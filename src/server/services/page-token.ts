import { createHash } from 'node:crypto';
import type { PageKey } from '../../core/ports/store.ts';

const CHECK_BYTES = 9;

/**
 * Makes the token of a list's next page. It says where that page begins and is bound to the question, so that it can be
 * sent to any server that shares the store; it gives nobody a right, and is no secret.
 */
export function pageToken(key: PageKey, question: string): string {
  const payload = Buffer.from(JSON.stringify([key.value, key.id]));
  return Buffer.concat([checksum(payload, question), payload]).toString('base64url');
}

/** Reads a token; null where it is none, or belongs to another question. */
export function readPageToken(token: string, question: string): PageKey | null {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.toString('base64url') !== token) return null;
  const payload = bytes.subarray(CHECK_BYTES);
  if (!checksum(payload, question).equals(bytes.subarray(0, CHECK_BYTES))) return null;
  return keyIn(payload.toString());
}

/** Who knows how tokens are made can make one that holds anything. */
function keyIn(text: string): PageKey | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(read) || read.length !== 2) return null;
  const [value, id] = read as readonly unknown[];
  const isValue = value === null || typeof value === 'string' || typeof value === 'number';
  return isValue && typeof id === 'string' ? { value, id } : null;
}

function checksum(payload: Buffer, question: string): Buffer {
  return createHash('sha256').update(question).update('\0').update(payload).digest().subarray(0, CHECK_BYTES);
}
