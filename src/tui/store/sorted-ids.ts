/** The order in which people count: machine-10 comes after machine-9. */
const natural = new Intl.Collator('en', { numeric: true });

/** Compares in the order in which people count; only a text and itself come out equal. */
export function compareNatural(a: string, b: string): number {
  return natural.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** What ids stand for, and the order in which that is. */
export interface Order<Item> {
  readonly idOf: (item: Item) => string;
  /** What an id that is in order stands for. */
  readonly itemOf: (id: string) => Item;
  /** Only what has the same id comes out equal. */
  readonly compare: (a: Item, b: Item) => number;
}

/**
 * The ids, which are in order, without some and with others, in order again: what is new is sorted and its place is searched, and
 * the rest is copied.
 *
 * @param gone what leaves, as it was when it got its place: all of it is there
 * @param come what comes in
 */
export function reordered<Item>(
  ids: readonly string[],
  gone: readonly Item[],
  come: readonly Item[],
  { idOf, itemOf, compare }: Order<Item>,
): readonly string[] {
  if (gone.length === 0 && come.length === 0) return ids;
  const placeOf = (item: Item) => countBefore(ids, (id) => compare(itemOf(id), item) < 0);
  const leaving = gone.map(placeOf).sort((a, b) => a - b);
  const arriving = come.toSorted(compare).map((item) => ({ id: idOf(item), place: placeOf(item) }));
  const result: string[] = [];
  let [left, arrived] = [0, 0];
  for (let place = 0; place <= ids.length; place += 1) {
    for (let next = arriving[arrived]; next?.place === place; next = arriving[arrived]) {
      result.push(next.id);
      arrived += 1;
    }
    const id = ids[place];
    if (leaving[left] === place) left += 1;
    else if (id !== undefined) result.push(id);
  }
  return result;
}

/** How many of the ids come before something: those at the beginning. */
function countBefore(ids: readonly string[], isBefore: (id: string) => boolean): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const id = ids[middle];
    if (id !== undefined && isBefore(id)) low = middle + 1;
    else high = middle;
  }
  return low;
}
