/** What a shared store tells a server about its standing among the others. */
export interface StandingListener {
  /** The store cannot be reached: no call to hardware may begin until `resumed`. Calls under way go on. */
  suspended(): void;
  /** Reached again in time, as the same member: everything goes on. */
  resumed(): void;
  /** The standing is lost, and others may take the runs: every call is aborted. `join` again under a new name. */
  expelled(): void;
}

/** How a server takes part in a store that several servers share. */
export interface Membership {
  /** Becomes a member under a name that was never used before; resolves when others can see it. */
  join(instance: string, standing: StandingListener): Promise<void>;
  /** Leaves: what this server still owns may be taken by others at once. */
  leave(): Promise<void>;
}
