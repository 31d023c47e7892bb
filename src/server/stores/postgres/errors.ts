import pg from 'pg';

/** The database cannot be used as it is: wrong version, no permission, no such database. The message is for people. */
export class StoreUnusable extends Error {
  override readonly name = 'StoreUnusable';
}

/** What will pass by itself: the database is away, restarting or full. Whoever called may try again. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** A statement that PostgreSQL does not carry out, now or later: a fault of this program, or a constraint that held. */
class StatementRefused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(`PostgreSQL refused a statement (SQLSTATE ${code}): ${message}`);
    this.code = code;
  }
}

/**
 * SQLSTATEs, and classes of them, that pass without anybody changing the statement. Roles and databases can be put right while
 * servers wait, so that 28 and 3D000 are among them once a store is open.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const PASSING = /^(?:08|28|53|57|58)...$|^(?:25P02|25P03|25006|3D000|40001|40003|40P01|55P03)$/;

/** Transactions that PostgreSQL gave up in favour of another one: the same call may go through at once. */
const IN_FAVOUR_OF_OTHERS = new Set(['40001', '40P01']);
/** A unique index or a foreign key met a concurrent writer that the checks before it could not see yet. */
const MET_A_WRITER = new Set(['23503', '23505']);

/** Errors of the TLS library that no waiting mends. @see https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY|DECRYPT|DECODE)|ERR_TLS/;

/** True where the transaction lost against another one and may be carried out again as it is. */
export function lostToAnother(error: unknown): boolean {
  return IN_FAVOUR_OF_OTHERS.has(codeOf(error));
}

/** True where a constraint kept a concurrent writer apart: looked at again, the other one's write is seen. */
export function metAnotherWriter(error: unknown): boolean {
  return MET_A_WRITER.has(codeOf(error));
}

/** True where nothing can be said about the connection any more, so that it must not be used again. */
export function breaksConnection(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || /^(?:08|57P)/.test(codeOf(error));
}

/**
 * Gives an error of PostgreSQL or of the way to it the name that says whether to try again. Messages name the store's kind
 * alone: what the driver says may hold addresses and users.
 */
export function translate(error: unknown): unknown {
  if (error instanceof StoreUnavailable || error instanceof StoreUnusable || error instanceof TypeError) return error;
  const code = codeOf(error);
  if (!(error instanceof pg.DatabaseError)) {
    return new StoreUnavailable(`PostgreSQL cannot be reached (${code === '' ? 'connection lost' : code})`);
  }
  if (PASSING.test(code)) return new StoreUnavailable(`PostgreSQL cannot serve at this moment (SQLSTATE ${code})`);
  return new StatementRefused(code, error.message);
}

/** What stands in the way when a store is opened: what no waiting mends becomes StoreUnusable, with what to do. */
export function translateOpening(error: unknown): unknown {
  const code = codeOf(error);
  if (code.startsWith('28')) return new StoreUnusable('PostgreSQL refused the user or the password of the store URL');
  if (code === '3D000') return new StoreUnusable('PostgreSQL has no database of the name in the store URL; create it');
  if (code === '42501') {
    return new StoreUnusable(
      'the PostgreSQL user may not do what the store needs; let it create schemas (GRANT CREATE ON DATABASE), ' +
        'or make it the owner of a schema "bmdemo"',
    );
  }
  if (CERTIFICATE.test(code)) return new StoreUnusable(`the TLS certificate of PostgreSQL was not accepted (${code})`);
  if (error instanceof Error && error.message === 'The server does not support SSL connections') {
    return new StoreUnusable('PostgreSQL does not speak TLS there, which the store URL asks for');
  }
  return translate(error);
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
