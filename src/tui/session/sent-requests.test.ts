import { expect, test } from 'vitest';
import { MAX_SENT, SentRequests } from './sent-requests.ts';

test('knows each request that was sent before, in whichever order they are sent again', () => {
  const sent = new SentRequests();
  expect(['a', 'b', 'c', 'a', 'c', 'b', 'd'].map((id) => sent.sendsAgain(id))).toEqual([
    false,
    false,
    false,
    true,
    true,
    true,
    false,
  ]);
});

test('forgets the one that was sent longest ago where there are too many', () => {
  const sent = new SentRequests();
  for (let at = 0; at < MAX_SENT; at++) sent.sendsAgain(`request ${at}`);
  sent.sendsAgain('request 0');
  sent.sendsAgain('one more');
  expect(sent.sendsAgain('request 0')).toBe(true);
  expect(sent.sendsAgain('request 2')).toBe(true);
  expect(sent.sendsAgain('request 1')).toBe(false);
});
