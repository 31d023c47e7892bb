import type { FieldViolation } from './refusal.ts';

/** How long a step waits between attempts: exponential back-off with full jitter. */
export interface RetryPolicy {
  /** The longest first wait, in milliseconds. */
  readonly initialMs: number;
  readonly multiplier: number;
  /** No wait is longer, in milliseconds. */
  readonly capMs: number;
  /** With full jitter the wait is uniform between nothing and the back-off; without it is the back-off. */
  readonly jitter: boolean;
}

/** The policy of a step that does not say its own. */
export const DEFAULT_RETRY: RetryPolicy = { initialMs: 1_000, multiplier: 2, capMs: 30_000, jitter: true };

/**
 * The wait before the next attempt, in whole milliseconds.
 *
 * @param failed how many attempts have failed so far, from 1
 * @param random uniform in [0, 1), from the caller's own source
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (full jitter)
 */
export function backOffMs(policy: RetryPolicy, failed: number, random: number): number {
  // Finite, because nothing times infinity is no number.
  const growth = Math.min(policy.multiplier ** (failed - 1), Number.MAX_VALUE);
  const ceiling = Math.min(policy.capMs, policy.initialMs * growth);
  return Math.round(policy.jitter ? ceiling * random : ceiling);
}

/** What is wrong with a policy, by the field of it; checked when a plan is made, not when the policy fires. */
export function retryPolicyViolations(policy: RetryPolicy): readonly FieldViolation[] {
  const found: FieldViolation[] = [];
  if (!(policy.initialMs >= 0 && policy.initialMs <= 3_600_000)) {
    found.push({ field: 'initial', description: 'must be between 0 s and 1 h' });
  }
  if (!(policy.multiplier >= 1 && policy.multiplier <= 10)) {
    found.push({ field: 'multiplier', description: 'must be between 1 and 10' });
  }
  if (!(policy.capMs >= policy.initialMs && policy.capMs <= 86_400_000)) {
    found.push({ field: 'cap', description: 'must be at least initial and at most 24 h' });
  }
  return found;
}
