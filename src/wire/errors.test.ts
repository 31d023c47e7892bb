import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { Metadata, status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeError, ERROR_DOMAIN, errorDetail, RpcError, toRpcError } from './errors.ts';
import { PlanProblemsSchema } from './gen/baremetal/v1/plan_service_pb.ts';
import { ErrorInfoSchema } from './gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from './gen/google/rpc/status_pb.ts';

/** What a client refuses: the message and the details as they are encoded in the trailer. */
function trailerBytes(error: RpcError): number {
  const bytes = error.metadata.get('grpc-status-details-bin')[0] as Buffer;
  return encodeURI(error.details).length + bytes.toString('base64').length;
}

describe('RpcError and describeError', () => {
  it('carry everything there and back', () => {
    const error = new RpcError({
      code: 'FAILED_PRECONDITION',
      reason: 'MACHINE_BUSY',
      message: 'machine-1 is busy with run 7f3a91kq; wait for it, or cancel it',
      metadata: { run_id: '7f3a91kqabcdefgh', machine_id: 'machine-1' },
      fieldViolations: [{ field: 'machine_id', description: 'busy' }],
      preconditionViolations: [{ type: 'MACHINE_BUSY', subject: 'runs/7f3a91kq', description: 'RUNNING' }],
      resourceInfo: { type: 'machine', name: 'machine-1', description: 'in rack r1' },
      retryAfterMs: 1_500,
    });
    expect(describeError(error)).toEqual({
      code: status.FAILED_PRECONDITION,
      codeName: 'FAILED_PRECONDITION',
      message: 'machine-1 is busy with run 7f3a91kq; wait for it, or cancel it',
      reason: 'MACHINE_BUSY',
      metadata: { run_id: '7f3a91kqabcdefgh', machine_id: 'machine-1' },
      fieldViolations: [{ field: 'machine_id', description: 'busy' }],
      preconditions: [{ type: 'MACHINE_BUSY', subject: 'runs/7f3a91kq', description: 'RUNNING' }],
      resource: { type: 'machine', name: 'machine-1', description: 'in rack r1' },
      retryAfterMs: 1_500,
    });
    expect(errorDetail(error, ErrorInfoSchema)?.domain).toBe(ERROR_DOMAIN);
  });

  it('carry details of our own', () => {
    const problems = create(PlanProblemsSchema, { problems: [{ line: 3, column: 7, message: 'no such kind' }] });
    const error = new RpcError({
      code: 'INVALID_ARGUMENT',
      reason: 'INVALID_FIELD',
      message: 'the plan has one fault',
      details: [anyPack(PlanProblemsSchema, problems)],
    });
    expect(errorDetail(error, PlanProblemsSchema)?.problems).toEqual(problems.problems);
    expect(errorDetail(new Error('no details'), PlanProblemsSchema)).toBeNull();
  });

  it('name how many violations were left out', () => {
    const fieldViolations = Array.from({ length: 500 }, (_, row) => ({
      field: `machines[${row}].spec.serial`,
      description: 'taken by another machine',
    }));
    const error = new RpcError({ code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD', message: 'bad', fieldViolations });
    const shown = describeError(error).fieldViolations;
    expect(shown.slice(0, -1)).toEqual(fieldViolations.slice(0, shown.length - 1));
    expect(shown.at(-1)).toEqual({ field: '', description: `and ${500 - (shown.length - 1)} more` });
  });

  it('fit into the 8 KiB that clients take, and keep the reason, whatever is put in', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 4_000 }), fc.constant('ü'.repeat(9_000)));
    const violations = fc.array(fc.record({ field: text, description: text }), { maxLength: 30 });
    const preconditions = fc.array(fc.record({ type: text, subject: text, description: text }), { maxLength: 10 });
    fc.assert(
      fc.property(text, violations, preconditions, text, (message, fieldViolations, preconditionViolations, extra) => {
        const error = new RpcError({
          code: 'INVALID_ARGUMENT',
          reason: 'INVALID_FIELD',
          message,
          fieldViolations,
          preconditionViolations,
          metadata: { extra, more: extra },
          resourceInfo: { type: 'run', name: extra, description: extra },
          details: [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: extra.toWellFormed() }))],
        });
        expect(trailerBytes(error)).toBeLessThan(8_192);
        expect(describeError(error).reason).toBe('INVALID_FIELD');
      }),
      { numRuns: 50 },
    );
  });

  it('cut a message between characters and make it well-formed', () => {
    const long = new RpcError({ code: 'INTERNAL', reason: 'INTERNAL', message: '🖥'.repeat(5_000) });
    expect(long.details).toMatch(/^(🖥)+…$/u);
    const torn = new RpcError({ code: 'INTERNAL', reason: 'INTERNAL', message: 'half \ud83d' });
    expect(torn.details).toBe('half \ufffd');
  });
});

describe('toRpcError', () => {
  it('hides what was not meant for the client, and keeps it as the cause', () => {
    const secret = new Error('password=hunter2 refused by 10.0.0.1');
    const error = toRpcError(secret);
    expect(describeError(error)).toMatchObject({ codeName: 'INTERNAL', reason: 'INTERNAL' });
    expect(JSON.stringify(describeError(error))).not.toContain('hunter2');
    expect(error.cause).toBe(secret);
  });

  it('leaves a refusal as it is', () => {
    const refusal = new RpcError({ code: 'NOT_FOUND', reason: 'RUN_NOT_FOUND', message: 'no run x' });
    expect(toRpcError(refusal)).toBe(refusal);
  });
});

describe('describeError', () => {
  const bare = (metadata: Metadata) =>
    Object.assign(new Error('14 UNAVAILABLE: gone'), { code: status.UNAVAILABLE, details: 'gone', metadata });

  it('keeps code and message of an error without details', () => {
    expect(describeError(bare(new Metadata()))).toMatchObject({
      codeName: 'UNAVAILABLE',
      message: 'gone',
      reason: '',
      fieldViolations: [],
    });
  });

  it.each([
    ['no message at all', Buffer.from([0xff, 0xff, 0xff])],
    [
      'a broken detail',
      Buffer.from(
        toBinary(
          StatusSchema,
          create(StatusSchema, {
            details: [{ typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo', value: new Uint8Array([0x0a, 0x7f]) }],
          }),
        ),
      ),
    ],
  ])('keeps code and message where the details are %s', (_, bytes) => {
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', bytes);
    expect(describeError(bare(metadata))).toMatchObject({ codeName: 'UNAVAILABLE', message: 'gone', reason: '' });
  });

  it('tells an abort from a fault, and takes what is no error', () => {
    expect(describeError(new DOMException('stopped', 'AbortError'))).toMatchObject({ codeName: 'CANCELLED' });
    expect(describeError(new TypeError('x is not a function'))).toMatchObject({
      codeName: 'UNKNOWN',
      message: 'x is not a function',
    });
    expect(describeError('just text')).toMatchObject({ codeName: 'UNKNOWN', message: 'just text' });
    expect(describeError(Object.assign(new Error(), { code: 99, details: 'odd' }))).toMatchObject({
      code: 99,
      codeName: 'CODE_99',
    });
  });
});
