import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestRecord } from '../aggregate.ts';
import { fingerprint, refuseReuse } from './request.ts';

const content = { plan_id: 'plan/reboot', params: { b: '1', a: '2' } };

function known(with_: Partial<RequestRecord> = {}): RequestRecord {
  return { requestId: 'r-1', method: 'StartRun', fingerprint: fingerprint(content), runId: 'run-1', ...with_ };
}

describe('the fingerprint of a request', () => {
  it('is the same whatever the order of keys', () => {
    expect(fingerprint({ params: { a: '2', b: '1' }, plan_id: 'plan/reboot' })).toBe(fingerprint(content));
  });

  it('differs exactly where the content differs', () => {
    const params = fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 });
    fc.assert(
      fc.property(params, params, (a, b) => {
        const entries = (map: Record<string, string>) => JSON.stringify(Object.entries(map).sort());
        const same = entries(a) === entries(b);
        expect(fingerprint({ params: a }) === fingerprint({ params: b })).toBe(same);
      }),
    );
  });
});

describe('a request id that is known', () => {
  it('is the same request where method and content are', () => {
    expect(refuseReuse('machine-1', known(), 'StartRun', fingerprint(content))).toBeNull();
  });

  it('is refused with other content, naming the run and what differs', () => {
    const print = fingerprint({ plan_id: 'plan/rma', params: { a: '2', c: '3' } });
    expect(refuseReuse('machine-1', known(), 'StartRun', print)).toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'REQUEST_ID_REUSED',
      message:
        'request id r-1 was already used on machine-1 as run run-1: params.b was "1", is not given, ' +
        'params.c was not given, is "3", plan_id was "plan/reboot", is "plan/rma"; send a new request id',
      metadata: { machine_id: 'machine-1', request_id: 'r-1', run_id: 'run-1' },
    });
  });

  it('is refused with another method, naming the first', () => {
    const refusal = refuseReuse(
      'machine-1',
      known({ method: 'RetireMachine', runId: null }),
      'StartRun',
      fingerprint({}),
    );
    expect(refusal).toMatchObject({
      code: 'ALREADY_EXISTS',
      message: 'request id r-1 was already used on machine-1: it was RetireMachine; send a new request id',
      metadata: { machine_id: 'machine-1', request_id: 'r-1' },
    });
  });
});
