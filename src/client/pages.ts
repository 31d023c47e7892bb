/** What to list. */
export interface ListRequest {
  /** Everything if not given. */
  readonly filter?: string | undefined;
  /** The service's own order if not given. */
  readonly orderBy?: string | undefined;
  /** At most so many in all; everything if not given. */
  readonly limit?: number | undefined;
}

/** What to list of some time. */
export interface PastListRequest extends ListRequest {
  /** In milliseconds since 1970; the present if not given. */
  readonly asOf?: number | undefined;
}

/** One page: its rows, and the token of the next one, empty where there is none. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly nextPageToken: string;
}

/** The most rows that a server puts on a page. */
const MAX_PAGE = 1_000;

/** Gives out the rows of a list, page by page as they are asked for; a page may be short and still not be the last. */
export async function* pages<T>(
  fetch: (page: { pageSize: number; pageToken: string }) => Promise<Page<T>>,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<T, void, undefined> {
  let left = limit;
  let pageToken = '';
  while (left > 0) {
    const page = await fetch({ pageSize: Math.min(left, MAX_PAGE), pageToken });
    for (const row of page.rows.slice(0, left)) yield row;
    left -= page.rows.length;
    pageToken = page.nextPageToken;
    if (pageToken === '') return;
  }
}
