import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from './errors.ts';
import { Gather } from './gather.ts';

/** Doubles numbers, and notes which were asked for together; each statement waits until it is let go. */
function doubling(refuse: (numbers: readonly number[]) => Error | null = () => null) {
  const statements: (readonly number[])[] = [];
  const gate = Promise.withResolvers<void>();
  const gather = new Gather<number, number>(async (numbers) => {
    statements.push(numbers);
    await gate.promise;
    const error = refuse(numbers);
    if (error !== null) throw error;
    return numbers.map((one) => one * 2);
  });
  return { gather, statements, letGo: gate.resolve };
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

describe('what is asked at the same time', () => {
  it('is one statement, and everybody has his own answer', async () => {
    const { gather, statements, letGo } = doubling();
    letGo();
    expect(await Promise.all([1, 2, 3].map((one) => gather.ask(one)))).toEqual([2, 4, 6]);
    expect(statements).toEqual([[1, 2, 3]]);
  });

  it('is several statements where it is much, some of them at once, and the rest after them', async () => {
    const { gather, statements, letGo } = doubling();
    const answers = Promise.all(upTo(200).map((one) => gather.ask(one)));
    await Promise.resolve();
    expect(statements.map((one) => one.length)).toEqual([32, 32]);
    letGo();
    expect(await answers).toEqual(upTo(200).map((one) => one * 2));
    expect(statements.flat()).toEqual(upTo(200));
  });
});

describe('a statement that fails', () => {
  it('is made again of each question alone, so that only the one at fault is refused', async () => {
    const { gather, letGo } = doubling((numbers) => (numbers.includes(2) ? new Error('two') : null));
    letGo();
    const settled = await Promise.allSettled([1, 2, 3].map((one) => gather.ask(one)));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('is not made again where the store is away: everybody is told', async () => {
    const { gather, statements, letGo } = doubling(() => new StoreUnavailable('away'));
    letGo();
    const settled = await Promise.allSettled([1, 2, 3].map((one) => gather.ask(one)));
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(statements).toHaveLength(1);
  });
});
