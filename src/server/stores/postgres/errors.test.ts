import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { breaksConnection, lostToAnother, metAnotherWriter, translate, translateOpening } from './errors.ts';

function sqlError(code: string): pg.DatabaseError {
  const error = new pg.DatabaseError('password of alice@db.example:5432 is hunter2', 0, 'error');
  error.code = code;
  return error;
}

function socketError(code: string): Error {
  return Object.assign(new Error(`connect ${code} 192.0.2.1:5432`), { code });
}

describe('what passes by itself', () => {
  it.each(['57P01', '57P02', '57P03', '53300', '53100', '08006', '57014', '55P03', '25006', '28P01', '3D000'])(
    'SQLSTATE %s is unavailable',
    (code) => {
      const error = translate(sqlError(code));
      expect(error).toMatchObject({ name: 'StoreUnavailable', message: expect.stringContaining(code) });
      expect(String(error)).not.toMatch(/alice|hunter2|5432/);
    },
  );

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH'])('%s is unavailable', (code) => {
    const error = translate(socketError(code));
    expect(error).toMatchObject({ name: 'StoreUnavailable', message: expect.stringContaining(code) });
    expect(String(error)).not.toContain('192.0.2.1');
  });

  it('what the driver says without a code is a connection that was lost', () => {
    expect(translate(new Error('Query read timeout'))).toMatchObject({ name: 'StoreUnavailable' });
  });
});

describe('what does not', () => {
  it('a statement that cannot be carried out keeps its code, so that callers can tell', () => {
    const error = translate(sqlError('23505'));
    expect(error).not.toMatchObject({ name: 'StoreUnavailable' });
    expect(metAnotherWriter(error)).toBe(true);
  });

  it('a fault of our own stays what it is', () => {
    const fault = new TypeError('values must be an array');
    expect(translate(fault)).toBe(fault);
  });

  it.each(['28P01', '28000', '3D000', '42501'])('SQLSTATE %s keeps a store from being opened', (code) => {
    const error = translateOpening(sqlError(code));
    expect(error).toMatchObject({ name: 'StoreUnusable' });
    expect(String(error)).not.toMatch(/alice|hunter2|5432/);
  });

  it.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'])(
    'a certificate that is not accepted (%s) keeps a store from being opened',
    (code) => {
      expect(translateOpening(socketError(code))).toMatchObject({
        name: 'StoreUnusable',
        message: expect.stringContaining('certificate'),
      });
    },
  );
});

it('tells transactions that lost from those that met a writer, and a lost connection from a refused statement', () => {
  expect(['40001', '40P01', '23505'].map((code) => lostToAnother(sqlError(code)))).toEqual([true, true, false]);
  expect(['23503', '23505', '40001'].map((code) => metAnotherWriter(sqlError(code)))).toEqual([true, true, false]);
  expect(['23505', '57P01', '08003'].map((code) => breaksConnection(sqlError(code)))).toEqual([false, true, true]);
  expect(breaksConnection(socketError('ECONNRESET'))).toBe(true);
});
