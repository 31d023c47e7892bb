import { expect, test } from 'vitest';
import { failureMessage } from './backend.ts';

test('why a call failed is one line that can be drawn, whatever the server has put into it', () => {
  const error = new Error('the disk of "web-1" is full:\n  /dev/sdb\x1b]52;c;QUFB\x07\r\n');
  expect(failureMessage(error)).toBe('The disk of "web-1" is full: /dev/sdb');
  expect(failureMessage('no error at all')).toBe('No error at all');
});
