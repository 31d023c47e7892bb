/**
 * Tables and indexes. Text that is sorted or compared has the order of its bytes, whatever the database's collation. Times are
 * milliseconds since the Unix epoch, by the clock of PostgreSQL.
 */
export const TABLES = `
  -- What all stores call now. Stable, so that an index can be asked with it.
  CREATE FUNCTION bmdemo.now_ms() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    AS 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

  -- What every commit of a machine compares and locks. It outlives the machine: its revision never goes back.
  CREATE TABLE bmdemo.aggregates (
    machine_id text COLLATE "C" PRIMARY KEY,
    revision bigint NOT NULL,
    last_event_at bigint NOT NULL
  ) WITH (fillfactor = 70);

  -- Apart from aggregates, so that claims and commits of a machine do not wait for each other. Outlives the machine, too.
  CREATE TABLE bmdemo.fences (
    machine_id text COLLATE "C" PRIMARY KEY,
    fence bigint NOT NULL
  ) WITH (fillfactor = 70);

  CREATE TABLE bmdemo.machines (
    machine_id text COLLATE "C" PRIMARY KEY,
    phase text COLLATE "C" NOT NULL,
    phase_rank integer NOT NULL,
    effective_state text COLLATE "C" NOT NULL,
    rack text COLLATE "C" NOT NULL,
    provider text COLLATE "C" NOT NULL,
    cluster text COLLATE "C" NOT NULL,
    attention boolean NOT NULL,
    updated_at bigint NOT NULL,
    active_run_id text COLLATE "C",
    stopping_run_id text COLLATE "C",
    image text NOT NULL
  ) WITH (fillfactor = 80);
  CREATE INDEX machines_by_phase ON bmdemo.machines (phase, machine_id);
  CREATE INDEX machines_by_rank ON bmdemo.machines (phase_rank, machine_id);
  CREATE INDEX machines_by_state ON bmdemo.machines (effective_state, machine_id);
  CREATE INDEX machines_by_rack ON bmdemo.machines (rack, machine_id);
  CREATE INDEX machines_by_provider ON bmdemo.machines (provider, machine_id);
  CREATE INDEX machines_by_cluster ON bmdemo.machines (cluster, machine_id);
  CREATE INDEX machines_by_update ON bmdemo.machines (updated_at, machine_id);
  CREATE INDEX machines_in_need ON bmdemo.machines (machine_id) WHERE attention;

  -- Plans with their params filled in; runs that are bound alike share one.
  CREATE TABLE bmdemo.bound_plans (
    bound_plan bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest text COLLATE "C" NOT NULL UNIQUE,
    plan text NOT NULL
  );

  CREATE TABLE bmdemo.runs (
    run_id text COLLATE "C" PRIMARY KEY,
    machine_id text COLLATE "C" NOT NULL,
    phase text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    plan_id text COLLATE "C" NOT NULL,
    initiated_by text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    -- When it ended, and the greatest number that JavaScript counts to for a run that has not: those come last.
    end_key bigint NOT NULL,
    stopping boolean NOT NULL,
    bound_plan bigint NOT NULL REFERENCES bmdemo.bound_plans (bound_plan),
    image text NOT NULL
  ) WITH (fillfactor = 70);
  CREATE UNIQUE INDEX runs_active ON bmdemo.runs (machine_id) WHERE phase IN ('PENDING', 'RUNNING');
  CREATE INDEX runs_by_creation ON bmdemo.runs (created_at, run_id);
  CREATE INDEX runs_by_end ON bmdemo.runs (end_key, run_id);
  CREATE INDEX runs_by_machine_id ON bmdemo.runs (machine_id, run_id);
  CREATE INDEX runs_by_machine ON bmdemo.runs (machine_id, created_at, run_id);
  CREATE INDEX runs_by_phase ON bmdemo.runs (phase, created_at, run_id);
  CREATE INDEX runs_by_type ON bmdemo.runs (type, created_at, run_id);
  CREATE INDEX runs_by_plan ON bmdemo.runs (plan_id, created_at, run_id);
  CREATE INDEX runs_by_initiator ON bmdemo.runs (initiated_by, created_at, run_id);
  CREATE INDEX runs_by_bound_plan ON bmdemo.runs (bound_plan);

  -- Who works on a run that is not over. Apart from runs: claims rewrite a few bytes and three small indexes, not a run.
  CREATE TABLE bmdemo.leases (
    run_id text COLLATE "C" PRIMARY KEY,
    machine_id text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    owner text COLLATE "C",
    fence bigint NOT NULL,
    -- NULL once the run has ended; its call may still be going.
    due_at bigint
  ) WITH (fillfactor = 70);
  CREATE INDEX leases_due ON bmdemo.leases (due_at, created_at, run_id) WHERE owner IS NULL AND due_at IS NOT NULL;
  CREATE INDEX leases_owned ON bmdemo.leases (owner) WHERE owner IS NOT NULL;

  CREATE TABLE bmdemo.requests (
    machine_id text COLLATE "C" NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    method text NOT NULL,
    fingerprint text NOT NULL,
    run_id text COLLATE "C",
    -- What remains of its run when that is swept.
    swept text,
    PRIMARY KEY (machine_id, request_id)
  );
  CREATE UNIQUE INDEX requests_by_run ON bmdemo.requests (run_id) WHERE run_id IS NOT NULL;

  CREATE TABLE bmdemo.identities (
    kind text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    machine_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (kind, value)
  );

  -- One row: which log this is. Positions up to the swept one are gone.
  CREATE TABLE bmdemo.event_log (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch integer NOT NULL,
    tag text NOT NULL,
    -- The cluster, its timeline and the database in which the epoch began.
    home text NOT NULL,
    began_at bigint,
    swept_epoch integer NOT NULL DEFAULT 0,
    swept_xid xid8 NOT NULL DEFAULT '0',
    swept_number bigint NOT NULL DEFAULT 0,
    -- The time of the latest event that is gone.
    swept_at bigint
  );
  INSERT INTO bmdemo.event_log (epoch, tag, home) VALUES (0, '', '');

  CREATE TABLE bmdemo.events (
    epoch integer NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    number bigint GENERATED ALWAYS AS IDENTITY,
    machine_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    plan_id text NOT NULL,
    subject text NOT NULL,
    kind text NOT NULL,
    revision bigint NOT NULL,
    -- No event of the same run comes after it.
    rests boolean NOT NULL,
    at bigint NOT NULL,
    actor text NOT NULL,
    peer text NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    method text NOT NULL,
    server text NOT NULL,
    reason text NOT NULL,
    message text NOT NULL,
    before text,
    after text NOT NULL,
    PRIMARY KEY (epoch, xid, number)
  );
  CREATE INDEX events_by_machine ON bmdemo.events (machine_id, at, epoch, xid, number);
  CREATE INDEX events_by_run ON bmdemo.events (run_id, at, epoch, xid, number) WHERE run_id <> '';
  CREATE INDEX events_by_request ON bmdemo.events (request_id, epoch, xid, number) WHERE request_id <> '';
  CREATE INDEX events_by_time ON bmdemo.events (at, epoch, xid, number);

  -- The last swept image of each machine and run: where folding begins once older events are gone.
  CREATE TABLE bmdemo.baselines (
    subject text NOT NULL,
    id text COLLATE "C" NOT NULL,
    machine_id text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    at bigint NOT NULL,
    image text NOT NULL,
    PRIMARY KEY (subject, id)
  );

  CREATE TABLE bmdemo.logs (
    run_id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    at bigint NOT NULL,
    stream text NOT NULL,
    step text NOT NULL,
    attempt integer NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (run_id, sequence)
  );
  -- How much of a run's log there is: a head that stays, and a tail that moves on once the budget is used up.
  CREATE TABLE bmdemo.log_sizes (
    run_id text COLLATE "C" PRIMARY KEY,
    last bigint NOT NULL,
    head_lines bigint NOT NULL,
    head_bytes bigint NOT NULL,
    head_full boolean NOT NULL,
    tail_lines bigint NOT NULL,
    tail_bytes bigint NOT NULL,
    -- The last line that was dropped, how many were, and what is told of it.
    gap_last bigint NOT NULL,
    gap_lines bigint NOT NULL,
    gap_at bigint NOT NULL,
    gap_step text NOT NULL,
    gap_attempt integer NOT NULL,
    -- Which transaction wrote last: other servers ask what has grown since.
    changed xid8 NOT NULL,
    -- When the run ended: logs go by it. NULL while it has not.
    ended_at bigint
  ) WITH (fillfactor = 70);
  CREATE INDEX log_sizes_by_change ON bmdemo.log_sizes (changed);
  CREATE INDEX log_sizes_by_end ON bmdemo.log_sizes (ended_at, run_id) WHERE ended_at IS NOT NULL;

  CREATE TABLE bmdemo.progress (
    run_id text COLLATE "C" PRIMARY KEY,
    changed xid8 NOT NULL,
    progress text NOT NULL
  ) WITH (fillfactor = 70);
  CREATE INDEX progress_by_change ON bmdemo.progress (changed);

  -- How many runs there are in each phase, as a sum over slots, so that commits do not wait for each other's count.
  CREATE TABLE bmdemo.tallies (
    phase text COLLATE "C" NOT NULL,
    slot integer NOT NULL,
    runs bigint NOT NULL,
    PRIMARY KEY (phase, slot)
  ) WITH (fillfactor = 50);

  CREATE TABLE bmdemo.plan_heads (
    plan_id text COLLATE "C" PRIMARY KEY,
    last_version integer NOT NULL,
    revision bigint NOT NULL,
    last_event_at bigint NOT NULL
  );
  -- Versions never change and never go: a deleted plan is hidden.
  CREATE TABLE bmdemo.plans (
    plan_id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    plan text NOT NULL,
    PRIMARY KEY (plan_id, version)
  );
  CREATE TABLE bmdemo.plan_requests (
    plan_id text COLLATE "C" NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    method text NOT NULL,
    fingerprint text NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (plan_id, request_id)
  );

  -- One row a server incarnation.
  CREATE TABLE bmdemo.servers (
    instance text COLLATE "C" PRIMARY KEY,
    -- Counts its renewals: peers see that it lives without looking at a clock that is not theirs.
    beat bigint NOT NULL,
    ttl bigint NOT NULL,
    lease_until bigint NOT NULL,
    -- The advisory lock that its session holds; NULL where it has none, because its connection is pooled.
    lock_id integer
  ) WITH (fillfactor = 50);
`;
