import { describe, expect, it } from 'vitest';
import { type ClientError, toClientError } from '../client/client-error.ts';
import { RpcError } from '../wire/errors.ts';
import { Run_Phase } from '../wire/gen/baremetal/v1/run_pb.ts';
import { EXIT, exitCodeOfRun, worstOf } from './exit-code.ts';
import { CommandFailure, tellFailure, usageFailure } from './failure.ts';

const site = { method: 'RunService/StartRun', address: '127.0.0.1:1', reached: true };

function refused(code: RpcError['name'], reason = 'INTERNAL'): ClientError {
  const init = { code, reason, message: 'The machine is busy.' } as ConstructorParameters<typeof RpcError>[0];
  return toClientError(new RpcError(init), site);
}

function lost(reached: boolean): ClientError {
  const error = Object.assign(new Error('x'), { code: 14, details: 'connect ECONNREFUSED 127.0.0.1:1' });
  return toClientError(error, { ...site, reached });
}

describe('the exit code', () => {
  it.each([
    ['FAILED_PRECONDITION', EXIT.refused],
    ['ALREADY_EXISTS', EXIT.refused],
    ['ABORTED', EXIT.refused],
    ['INVALID_ARGUMENT', EXIT.usage],
    ['NOT_FOUND', EXIT.failed],
    ['INTERNAL', EXIT.failed],
    ['UNIMPLEMENTED', EXIT.failed],
    ['UNAVAILABLE', EXIT.failed],
  ])('of %s is %i', (code, exitCode) => {
    expect(tellFailure(refused(code)).exitCode).toBe(exitCode);
  });

  it('is 4 where no server is there, also where there was one', () => {
    expect(tellFailure(lost(false)).exitCode).toBe(EXIT.noServer);
    expect(tellFailure(lost(true)).exitCode).toBe(EXIT.noServer);
  });

  it('of a run tells how it ended', () => {
    expect(exitCodeOfRun(Run_Phase.SUCCEEDED)).toBe(0);
    expect(exitCodeOfRun(Run_Phase.FAILED)).toBe(1);
    expect(exitCodeOfRun(Run_Phase.CANCELED)).toBe(3);
  });

  it('of several is the worst', () => {
    expect(worstOf([])).toBe(EXIT.done);
    expect(worstOf([EXIT.done, EXIT.canceled])).toBe(EXIT.canceled);
    expect(worstOf([EXIT.refused, EXIT.canceled, EXIT.done])).toBe(EXIT.refused);
    expect(worstOf([EXIT.failed, EXIT.refused])).toBe(EXIT.failed);
  });
});

describe('a failure', () => {
  it('is one sentence with the code, and details for who wants them', () => {
    const told = tellFailure(refused('FAILED_PRECONDITION', 'MACHINE_BUSY'));
    expect(told.sentence).toBe('The machine is busy (FAILED_PRECONDITION)');
    expect(told.details).toEqual(['call: RunService/StartRun at 127.0.0.1:1', 'reason: MACHINE_BUSY']);
  });

  it('has no code where no call failed', () => {
    expect(tellFailure(usageFailure('N must be a number.'))).toEqual({
      exitCode: EXIT.usage,
      sentence: 'N must be a number',
      lines: [],
      details: [],
    });
    expect(tellFailure(new CommandFailure('no')).exitCode).toBe(EXIT.failed);
  });

  it("of the program's own is a sentence, too", () => {
    const { sentence, exitCode } = tellFailure(new TypeError('x is not a function\n    at here'));
    expect(sentence).not.toContain('\n');
    expect(sentence).toContain("(this is a fault of bmdemo's own)");
    expect(exitCode).toBe(EXIT.failed);
  });

  it('moves no cursor', () => {
    expect(tellFailure(new CommandFailure('red \u001b[31m alert')).sentence).toBe('red  alert');
  });
});
