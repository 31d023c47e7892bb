import { StoreUnavailable } from './errors.ts';

/** So many questions make one statement at most: the first of them does not wait long for the last. */
const MOST_TOGETHER = 32;
/** So many statements are under way at once; what is asked meanwhile goes with the next one. */
const MOST_AT_ONCE = 2;
/** So many wait at most, so that a store that is away gathers no crowd. */
const MOST_WAITING = 100_000;

interface Asked<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes one statement of what is asked at the same time. A thousand runs that are taken over ask alike, each on its own: most
 * of what that costs, here and in PostgreSQL, is a cost of the statement and not of what it asks. A question that comes alone
 * goes at once. (Measured: a peer moves 1,000 runs of a server that was killed in 0.5 of the time that one statement for each took.)
 */
export class Gather<Question, Answer> {
  readonly #carryOut: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  readonly #waiting: Asked<Question, Answer>[] = [];
  #underWay = 0;
  #scheduled = false;

  /** @param carryOut answers all questions, in their order; where it fails, those that did not fail alone are asked again */
  constructor(carryOut: (questions: readonly Question[]) => Promise<readonly Answer[]>) {
    this.#carryOut = carryOut;
  }

  /** @throws StoreUnavailable where too many wait, beside what the statement throws */
  ask(question: Question): Promise<Answer> {
    if (this.#waiting.length >= MOST_WAITING) {
      return Promise.reject(new StoreUnavailable(`${MOST_WAITING} questions wait for PostgreSQL already`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      // Once everybody has asked who was woken together.
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#send();
      });
    });
  }

  #send(): void {
    while (this.#waiting.length > 0 && this.#underWay < MOST_AT_ONCE) {
      const together = this.#waiting.splice(0, MOST_TOGETHER);
      this.#underWay += 1;
      void this.#answer(together).then(() => {
        this.#underWay -= 1;
        this.#send();
      });
    }
  }

  async #answer(together: readonly Asked<Question, Answer>[]): Promise<void> {
    try {
      const answers = await this.#carryOut(together.map(({ question }) => question));
      for (const [at, { resolve }] of together.entries()) resolve(answers[at] as Answer);
    } catch (error) {
      if (together.length === 1 || error instanceof StoreUnavailable) {
        for (const { reject } of together) reject(error);
        return;
      }
      // One of them is at fault: the others must not suffer from it.
      await Promise.all(together.map((one) => this.#answer([one])));
    }
  }
}
