import { EVERYTHING } from '../../src/core/domain/filter.ts';
import type { ListQuery, Page, PageKey } from '../../src/core/ports/store.ts';

/** A query for all of it in one page, in the first order there is. */
export function query<Order extends string>(orderBy: Order, with_: Partial<ListQuery<Order>> = {}): ListQuery<Order> {
  return { filter: EVERYTHING, orderBy, descending: false, limit: 1_000, after: null, ...with_ };
}

/** The ids on each page, from the first to the last. */
export async function pagesOf<Row>(
  read: (after: PageKey | null) => Promise<Page<Row>>,
  id: (row: Row) => string,
): Promise<readonly (readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  let after: PageKey | null = null;
  do {
    const page: Page<Row> = await read(after);
    pages.push(page.rows.map(id));
    after = page.next;
  } while (after !== null);
  return pages;
}
