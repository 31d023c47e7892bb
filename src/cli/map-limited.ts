/**
 * What `work` makes of each item, in the order of the items; at most `limit` are under way at the same time. After the
 * first failure no more are begun, and it is thrown.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, worker);
  try {
    await Promise.all(workers);
  } finally {
    // Whoever still asks is told that there is nothing left.
    queue.return?.();
  }
  return results;
}
