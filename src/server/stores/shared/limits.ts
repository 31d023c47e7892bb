/** How much a store keeps. What is older goes, and readers who ask for it are told. */
export interface StoreLimits {
  /** Runs that have ended, counted across all machines; those that ended first go first. Active and stopping runs stay. */
  readonly finishedRuns: number;
  /** Events in the log; the oldest go first. */
  readonly events: number;
  /** Lines of one run's log, at least 3; then its middle goes. */
  readonly logLines: number;
  /** Bytes of one run's log, line ends not counted; then its middle goes. */
  readonly logBytes: number;
}

/** What one run's log may hold, in every store. */
export const RUN_LOG_LIMITS = { logLines: 100_000, logBytes: 16 * 1024 * 1024 } as const;

/** A list call reads at most this many rows that do not match; then the page is short and says where it goes on. */
export const MAX_SCANNED = 2_000;

/** Matching rows are counted up to here. */
export const MAX_COUNTED = 1_000;

/** Rows in one page of a snapshot. */
export const SNAPSHOT_PAGE = 500;
