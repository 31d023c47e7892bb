import { expect, test } from 'vitest';
import { parseAddress } from '../../client/address.ts';
import type { CallRecord } from '../../client/call-record.ts';
import { callLines, callTook, shortMethod } from './call-lines.ts';
import { lineWidth } from './segment.ts';

const call: CallRecord = {
  id: 7,
  method: 'baremetal.v1.RunService/GetRun',
  kind: 'unary',
  startedAt: 1_000,
  durationMs: 12.4,
  status: 'OK',
  error: '',
  request: { runId: 'r' },
  answer: { runId: 'r', reason: `日本 ${'x'.repeat(100)}` },
  messages: 1,
};
const target = { address: parseAddress('127.0.0.1:50051'), user: 'lin' };
const textOf = (one: CallRecord, width = 60) =>
  callLines(one, target, width, 5_000).map((line) =>
    line
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );

test('a call says all that there is, and no line is wider than its place', () => {
  expect(textOf(call)).toEqual([
    'method    baremetal.v1.RunService/GetRun',
    expect.stringMatching(/^status {4}OK after 12 ms · begun at \d\d:\d\d:\d\d$/),
    `grpcurl   grpcurl -plaintext -H 'x-bmdemo-user: lin' -d '{"r`,
    `          unId":"r"}' 127.0.0.1:50051 baremetal.v1.RunServic`,
    '          e/GetRun',
    '',
    'request',
    '  {',
    '    "runId": "r"',
    '  }',
    '',
    'answer',
    '  {',
    '    "runId": "r",',
    `    "reason": "日本 ${'x'.repeat(40)}`,
    'x'.repeat(60),
    '"',
    '  }',
  ]);
  for (const line of callLines(call, target, 60, 5_000)) expect(lineWidth(line)).toBeLessThanOrEqual(60);
});

test('an answer that was too long to keep is told of, one that did not come is not', () => {
  expect(textOf({ ...call, answer: null }).at(-1)).toBe('  longer than what is kept of an answer');
  expect(textOf({ ...call, answer: null, messages: 0 }).at(-1)).toBe('  }');
});

test('how long: milliseconds, then seconds; what is open, so far', () => {
  expect(callTook({ ...call, durationMs: 999.4 }, 0)).toBe('999 ms');
  expect(callTook({ ...call, durationMs: 1_250 }, 0)).toBe('1.2s');
  expect(callTook({ ...call, durationMs: null }, 5_000)).toBe('4.0s');
});

test('a method without its package', () => {
  expect(shortMethod('baremetal.v1.RunService/GetRun')).toBe('RunService/GetRun');
  expect(shortMethod('Health/Check')).toBe('Health/Check');
});
