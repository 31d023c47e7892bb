/** The file cannot be used as it is: wrong version, damaged, read-only, or another server has it. The message is for people. */
export class StoreUnusable extends Error {
  override readonly name = 'StoreUnusable';
}

/** What will pass by itself: the disk is full, the file is locked for a moment. Whoever called may try again. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  /** What clients are told, who are not to know where the file is; empty: that the store does not answer. */
  readonly told: string;

  constructor(message: string, { told = '', cause }: { readonly told?: string; readonly cause?: unknown } = {}) {
    super(message, { cause });
    this.told = told;
  }
}

/** SQLite's primary result codes. @see https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
const SQLITE_READONLY = 8;

/** Whether an error of SQLite says that somebody else has the file. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === SQLITE_BUSY;
}

/** Gives an error of SQLite the name that says whether to try again; any other comes back as it is. */
export function translate(error: unknown, path: string): unknown {
  const code = primaryCode(error);
  if (code === null || !(error instanceof Error)) return error;
  switch (code) {
    case SQLITE_FULL:
      return new StoreUnavailable(`the disk that holds ${path} is full; nothing was changed`, {
        told: 'cannot write: its disk is full',
        cause: error,
      });
    case SQLITE_BUSY:
    case SQLITE_IOERR:
      return new StoreUnavailable(`${path} cannot be written at this moment: ${error.message}`, { cause: error });
    case SQLITE_READONLY:
      return new StoreUnavailable(`${path} is read-only; nothing was changed`, {
        told: 'cannot write: its file is read-only',
        cause: error,
      });
    default:
      return error;
  }
}

/** Null where it is no error of SQLite. */
function primaryCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}
