/** One step of the schema; never edited once it was released, because its checksum is kept in every file. */
export interface Migration {
  readonly number: number;
  readonly sql: string;
}

/** All steps, in order. */
export const MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    sql: `
      CREATE TABLE machines (
        machine_id TEXT PRIMARY KEY,
        revision INTEGER NOT NULL,
        fence INTEGER NOT NULL DEFAULT 0,
        last_event_at INTEGER NOT NULL,
        phase TEXT NOT NULL,
        phase_rank INTEGER NOT NULL,
        effective_state TEXT NOT NULL,
        rack TEXT NOT NULL,
        provider TEXT NOT NULL,
        cluster TEXT NOT NULL,
        attention INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        active_run_id TEXT,
        stopping_run_id TEXT,
        image TEXT NOT NULL
      ) WITHOUT ROWID;
      CREATE INDEX machines_by_phase ON machines (phase, machine_id);
      CREATE INDEX machines_by_rank ON machines (phase_rank, machine_id);
      CREATE INDEX machines_by_state ON machines (effective_state, machine_id);
      CREATE INDEX machines_by_rack ON machines (rack, machine_id);
      CREATE INDEX machines_by_provider ON machines (provider, machine_id);
      CREATE INDEX machines_by_cluster ON machines (cluster, machine_id);
      CREATE INDEX machines_by_update ON machines (updated_at, machine_id);
      CREATE INDEX machines_in_need ON machines (machine_id) WHERE attention = 1;

      -- What is left of a machine that was deleted: its revision and fence never go back.
      CREATE TABLE tombstones (
        machine_id TEXT PRIMARY KEY,
        revision INTEGER NOT NULL,
        fence INTEGER NOT NULL,
        last_event_at INTEGER NOT NULL
      ) WITHOUT ROWID;

      CREATE TABLE bound_plans (
        bound_plan INTEGER PRIMARY KEY,
        digest TEXT NOT NULL UNIQUE,
        plan TEXT NOT NULL
      );

      CREATE TABLE runs (
        run_id TEXT PRIMARY KEY,
        machine_id TEXT NOT NULL,
        phase TEXT NOT NULL,
        type TEXT NOT NULL,
        plan_id TEXT NOT NULL,
        initiated_by TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        finished_at INTEGER,
        -- finished_at, and the greatest number for a run that has not ended: those come last.
        end_key INTEGER NOT NULL,
        stopping INTEGER NOT NULL,
        bound_plan INTEGER NOT NULL REFERENCES bound_plans (bound_plan),
        image TEXT NOT NULL,
        owner TEXT,
        fence INTEGER NOT NULL DEFAULT 0,
        due_at INTEGER
      ) WITHOUT ROWID;
      CREATE UNIQUE INDEX runs_active ON runs (machine_id) WHERE phase IN ('PENDING', 'RUNNING');
      CREATE INDEX runs_due ON runs (due_at, created_at, run_id) WHERE owner IS NULL AND due_at IS NOT NULL;
      CREATE INDEX runs_owned ON runs (owner, stopping) WHERE owner IS NOT NULL;
      CREATE INDEX runs_stopping ON runs (run_id) WHERE stopping = 1;
      CREATE INDEX runs_by_creation ON runs (created_at, run_id);
      CREATE INDEX runs_by_end ON runs (end_key, run_id);
      CREATE INDEX runs_by_machine_id ON runs (machine_id, run_id);
      CREATE INDEX runs_by_machine ON runs (machine_id, created_at, run_id);
      CREATE INDEX runs_by_phase ON runs (phase, created_at, run_id);
      CREATE INDEX runs_by_type ON runs (type, created_at, run_id);
      CREATE INDEX runs_by_plan ON runs (plan_id, created_at, run_id);
      CREATE INDEX runs_by_initiator ON runs (initiated_by, created_at, run_id);
      CREATE INDEX runs_by_bound_plan ON runs (bound_plan);
      CREATE INDEX runs_finished ON runs (finished_at, run_id) WHERE finished_at IS NOT NULL AND stopping = 0;

      CREATE TABLE requests (
        machine_id TEXT NOT NULL,
        request_id TEXT NOT NULL,
        method TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        run_id TEXT,
        swept TEXT,
        PRIMARY KEY (machine_id, request_id)
      ) WITHOUT ROWID;
      CREATE INDEX requests_by_run ON requests (run_id) WHERE run_id IS NOT NULL;

      CREATE TABLE identities (
        kind TEXT NOT NULL,
        value TEXT NOT NULL,
        machine_id TEXT NOT NULL,
        PRIMARY KEY (kind, value)
      ) WITHOUT ROWID;

      CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        machine_id TEXT NOT NULL,
        run_id TEXT NOT NULL,
        plan_id TEXT NOT NULL,
        subject TEXT NOT NULL,
        kind TEXT NOT NULL,
        revision INTEGER NOT NULL,
        at INTEGER NOT NULL,
        actor TEXT NOT NULL,
        peer TEXT NOT NULL,
        request_id TEXT NOT NULL,
        method TEXT NOT NULL,
        server TEXT NOT NULL,
        reason TEXT NOT NULL,
        message TEXT NOT NULL,
        -- Last, because what filters look at is then found without reading them.
        before TEXT,
        after TEXT NOT NULL
      );
      -- Of one machine no event is before the one before it, so that these are in the order of the log, too.
      CREATE INDEX events_by_machine ON events (machine_id, at, seq);
      CREATE INDEX events_by_run ON events (run_id, at, seq) WHERE run_id <> '';
      CREATE INDEX events_by_request ON events (request_id, seq) WHERE request_id <> '';
      CREATE INDEX events_by_time ON events (at, seq);

      -- The last swept image of each machine and run: where folding begins once older events are gone.
      CREATE TABLE baselines (
        subject TEXT NOT NULL,
        id TEXT NOT NULL,
        machine_id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        at INTEGER NOT NULL,
        image TEXT NOT NULL,
        PRIMARY KEY (subject, id)
      ) WITHOUT ROWID;

      CREATE TABLE logs (
        run_id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        at INTEGER NOT NULL,
        stream TEXT NOT NULL,
        step TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (run_id, sequence)
      ) WITHOUT ROWID;
      -- How much of a run's log there is; tail_from is set once the middle was dropped.
      CREATE TABLE log_sizes (
        run_id TEXT PRIMARY KEY,
        last INTEGER NOT NULL,
        head_lines INTEGER NOT NULL,
        head_bytes INTEGER NOT NULL,
        tail_lines INTEGER NOT NULL,
        tail_bytes INTEGER NOT NULL,
        tail_from INTEGER,
        -- When the run ended: logs go by it. NULL while it has not.
        ended_at INTEGER
      ) WITHOUT ROWID;
      CREATE INDEX log_sizes_by_end ON log_sizes (ended_at, run_id) WHERE ended_at IS NOT NULL;
      -- Logs that were let go of, and are not shown any more, until their lines are gone.
      CREATE TABLE swept_logs (
        run_id TEXT PRIMARY KEY
      ) WITHOUT ROWID;
      CREATE TABLE progress (
        run_id TEXT PRIMARY KEY,
        number INTEGER NOT NULL,
        progress TEXT NOT NULL
      ) WITHOUT ROWID;
      CREATE INDEX progress_by_number ON progress (number);

      CREATE TABLE plan_heads (
        plan_id TEXT PRIMARY KEY,
        last_version INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        last_event_at INTEGER NOT NULL
      ) WITHOUT ROWID;
      -- Versions never change and never go: a deleted plan is hidden.
      CREATE TABLE plans (
        plan_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        deleted INTEGER NOT NULL DEFAULT 0,
        plan TEXT NOT NULL,
        PRIMARY KEY (plan_id, version)
      ) WITHOUT ROWID;
      CREATE TABLE plan_requests (
        plan_id TEXT NOT NULL,
        request_id TEXT NOT NULL,
        method TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        version INTEGER NOT NULL,
        PRIMARY KEY (plan_id, request_id)
      ) WITHOUT ROWID;

      CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
      ) WITHOUT ROWID;
    `,
  },
  {
    // Places in racks, clusters and providers that have a limit; see admission.ts.
    number: 2,
    sql: `
      CREATE TABLE limits (
        kind TEXT NOT NULL,
        -- Empty: each of that kind that no other row names.
        name TEXT NOT NULL,
        most INTEGER NOT NULL,
        PRIMARY KEY (kind, name)
      ) WITHOUT ROWID;
      CREATE TABLE scopes (
        scope TEXT PRIMARY KEY,
        most INTEGER NOT NULL,
        used INTEGER NOT NULL
      ) WITHOUT ROWID;
      -- The scopes in which the run has a place, as JSON; NULL before it was claimed while there was a limit, and once it is over.
      ALTER TABLE runs ADD COLUMN slots TEXT;
    `,
  },
];
