import type { Filter, FilterSubject } from '../../core/domain/filter.ts';
import { parseFilter } from '../../core/domain/filter.ts';
import type { Millis } from '../../core/domain/time.ts';
import type { ListQuery, PageKey } from '../../core/ports/store.ts';
import { badField } from './answers.ts';
import { pageToken, readPageToken } from './page-token.ts';

/** The most rows on a page, and how many there are where the client does not say. */
export const MAX_PAGE_SIZE = 1_000;

/** The fields that every list request has. */
export interface ListRequest {
  readonly pageSize: number;
  readonly pageToken: string;
  readonly filter: string;
  readonly orderBy: string;
}

/** What a list can be sorted by. */
export interface Orders<Order extends string> {
  readonly fields: readonly Order[];
  readonly standard: { readonly orderBy: Order; readonly descending: boolean };
}

/** A list request that was understood, and how to name its next page. */
export interface ListPlan<Order extends string> {
  readonly query: ListQuery<Order>;
  readonly tokenOf: (next: PageKey | null) => string;
}

/**
 * Understands a list request.
 *
 * @param at the time that is asked about, where it is not the present: pages of different times are not of one list
 * @throws RpcError INVALID_ARGUMENT naming the field, and the column of a filter
 */
export function planList<Order extends string>(
  request: ListRequest,
  subject: FilterSubject,
  orders: Orders<Order>,
  at: Millis | null = null,
): ListPlan<Order> {
  const limit = pageSize(request.pageSize);
  const filter = readFilter(request.filter, subject);
  const order = readOrder(request.orderBy, orders);
  const question = JSON.stringify([subject, filter.clauses, order.orderBy, order.descending, at]);
  return {
    query: { filter, ...order, limit, after: readToken(request.pageToken, question) },
    tokenOf: (next) => (next === null ? '' : pageToken(next, question)),
  };
}

/**
 * The size of a page.
 *
 * @throws RpcError INVALID_ARGUMENT for a negative one
 */
export function pageSize(asked: number): number {
  if (asked < 0) throw badField('page_size', `must not be negative; 0 and everything above ${MAX_PAGE_SIZE} mean that`);
  return asked === 0 ? MAX_PAGE_SIZE : Math.min(asked, MAX_PAGE_SIZE);
}

/**
 * Where a page begins; null for the first.
 *
 * @throws RpcError INVALID_ARGUMENT for a token that is none, or of another question
 */
export function readToken(token: string, question: string): PageKey | null {
  if (token === '') return null;
  const key = readPageToken(token, question);
  if (key !== null) return key;
  throw badField('page_token', 'is not a token that this list gave for the same filter and order');
}

/**
 * Reads a filter, of a list or of a watch.
 *
 * @throws RpcError INVALID_ARGUMENT that points at the column
 */
export function readFilter(text: string, subject: FilterSubject): Filter {
  const filter = parseFilter(text, subject);
  if ('kind' in filter) throw badField('filter', `column ${filter.column}: ${filter.message}`);
  return filter;
}

/**
 * Reads what a list is to be sorted by.
 *
 * @throws RpcError INVALID_ARGUMENT for what it cannot be sorted by
 */
export function readOrder<Order extends string>(
  text: string,
  orders: Orders<Order>,
): { readonly orderBy: Order; readonly descending: boolean } {
  if (text.trim() === '') return orders.standard;
  const [name = '', direction = 'asc', ...rest] = text.trim().split(/\s+/);
  const orderBy = orders.fields.find((field) => field === name);
  const known = orders.fields.join(', ');
  if (orderBy === undefined) throw badField('order_by', `cannot sort by "${name}"; known: ${known}`);
  const word = direction.toLowerCase();
  if (rest.length > 0 || (word !== 'asc' && word !== 'desc')) {
    throw badField('order_by', 'is one field, with asc or desc behind it at the most');
  }
  return { orderBy, descending: word === 'desc' };
}
