import { ClientError } from '../client/client-error.ts';
import type { Failure } from './director/state.ts';

/** Something of a walk that did not work, as the strip tells it. */
export class TourFailure extends Error {
  readonly failure: Failure;

  constructor(sentence: string, again: Failure['again'] = 'new-request') {
    super(sentence);
    this.name = 'TourFailure';
    this.failure = { sentence, again };
  }
}

/** Whatever was thrown, as a failure: a lost answer may be asked for again with the very same request. */
export function failureOf(error: unknown): Failure {
  if (error instanceof TourFailure) return error.failure;
  const sentence = error instanceof Error ? error.message : String(error);
  return { sentence, again: error instanceof ClientError && error.isLoss ? 'same-request' : 'new-request' };
}
