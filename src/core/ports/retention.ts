/** How much of one kind of record is kept: what is older, or more, goes. Null is no bound of that sort. */
export interface Keep {
  readonly ageMs: number | null;
  readonly count: number | null;
}

/** What a durable store keeps. Active and stopping runs, machines, plans and request ids always stay. */
export interface RetentionPolicy {
  /** Runs that have ended. */
  readonly runs: Keep;
  /** Events; those that go are folded into a baseline, where as-of and checks begin. */
  readonly events: Keep;
  /** Logs of runs that have ended, counted by run. */
  readonly logs: Keep;
}
