import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { pageToken, readPageToken } from './page-token.ts';

/** A token that somebody made who knows how they are made. */
function forged(payload: string, question: string): string {
  const hash = createHash('sha256').update(question).update('\0').update(payload).digest();
  return Buffer.concat([hash.subarray(0, 9), Buffer.from(payload)]).toString('base64url');
}

describe('a page token', () => {
  it.each([
    { value: null, id: 'run-1' },
    { value: 1_700_000_000_000, id: 'räck' },
    { value: 'r1', id: '' },
  ])('tells where the page begins: %j', (key) => {
    const token = pageToken(key, 'question');
    expect(readPageToken(token, 'question')).toEqual(key);
    expect(readPageToken(token, 'another')).toBeNull();
    expect(readPageToken(`${token}=`, 'question')).toBeNull();
    expect(readPageToken(token.slice(1), 'question')).toBeNull();
  });

  it.each(['', '{', '7', 'null', '[]', '["a"]', '[{},"b"]', '["a",1]', '["a","b","c"]'])(
    'is none where it holds %j',
    (payload) => {
      expect(readPageToken(forged(payload, 'question'), 'question')).toBeNull();
    },
  );
});
