/** How often, and after which waits, something is tried again. */
export interface BackOff {
  /** The longest first wait, in milliseconds. */
  readonly initialMs: number;
  /** No wait is longer, in milliseconds. */
  readonly capMs: number;
}

/** The waits between attempts to reach a server again. */
export const RECONNECT: BackOff = { initialMs: 250, capMs: 5_000 };

/**
 * The wait before attempt `attempt` (from 1), in whole milliseconds: doubled each time up to the cap, and between half
 * and the whole of that, so that clients of one server do not all come back at once, nor all at the same moment.
 *
 * @param random uniform in [0, 1)
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (equal jitter)
 */
export function backOffMs({ initialMs, capMs }: BackOff, attempt: number, random: number): number {
  const ceiling = Math.min(capMs, initialMs * 2 ** (attempt - 1));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
