/**
 * bmdemo.commit_change: one machine's change in one round trip. The machine's aggregate row is locked first, so that nothing
 * decided here can be overtaken; then the lease of the owner. What another machine could take meanwhile (an identity, a run id)
 * is kept apart by a unique index, and looked at again by the caller. Everything that can speak against the change is looked up
 * before the first write, in the order in which every store looks.
 *
 * Locks are taken in one order everywhere: aggregates, servers, leases, fences.
 */
export const COMMIT_CHANGE = `
  CREATE FUNCTION bmdemo.commit_change(change jsonb) RETURNS jsonb LANGUAGE plpgsql AS $body$
  DECLARE
    time_now CONSTANT bigint := bmdemo.now_ms();
    target CONSTANT text := change->>'machineId';
    expected CONSTANT bigint := (change->>'expectedRevision')::bigint;
    guard CONSTANT jsonb := nullif(change->'guard', 'null');
    request CONSTANT jsonb := nullif(change->'request', 'null');
    decided_at CONSTANT bigint := coalesce((change->>'at')::bigint, time_now);
    known bigint;
    holder record;
    run record;
    plan_number bigint;
    lease record;
    due boolean := false;
    stop boolean := change->>'raiseFenceOf' IS NOT NULL;
  BEGIN
    SELECT revision INTO known FROM bmdemo.aggregates WHERE machine_id = target FOR NO KEY UPDATE;

    -- The fence comes first: a former owner has to stop, not to decide again.
    IF guard IS NOT NULL THEN
      PERFORM 1 FROM bmdemo.leases
        WHERE run_id = guard->>'runId' AND owner = guard->>'owner' AND fence = (guard->>'fence')::bigint
        FOR NO KEY UPDATE;
      IF NOT FOUND THEN
        RETURN jsonb_build_object('kind', 'fenced');
      END IF;
    END IF;
    IF coalesce(known, 0) <> expected THEN
      RETURN jsonb_build_object('kind', 'conflict');
    END IF;
    -- A server that was frozen for longer than its lease may be given up by its peers at any moment: no call begins.
    IF guard IS NOT NULL AND (change->>'announces')::boolean AND NOT EXISTS (
      SELECT 1 FROM bmdemo.servers WHERE instance = guard->>'owner' AND lease_until > time_now
    ) THEN
      RETURN jsonb_build_object('kind', 'lapsed');
    END IF;

    IF request IS NOT NULL THEN
      SELECT run_id INTO holder FROM bmdemo.requests
        WHERE machine_id = target AND request_id = request->>'requestId';
      IF FOUND THEN
        RETURN jsonb_build_object('kind', 'taken', 'what', 'request', 'by', coalesce(holder.run_id, ''));
      END IF;
    END IF;
    FOR run IN SELECT * FROM jsonb_to_recordset(change->'runs') AS r(id text, "isNew" boolean, ended boolean) LOOP
      IF run."isNew" THEN
        SELECT machine_id INTO holder FROM (
          SELECT machine_id FROM bmdemo.runs WHERE run_id = run.id
          UNION ALL SELECT machine_id FROM bmdemo.requests WHERE run_id = run.id
        ) AS same LIMIT 1;
        IF FOUND THEN
          RETURN jsonb_build_object('kind', 'taken', 'what', 'run-id', 'by', holder.machine_id);
        END IF;
      END IF;
      IF NOT run.ended THEN
        SELECT run_id INTO holder FROM bmdemo.runs
          WHERE machine_id = target AND phase IN ('PENDING', 'RUNNING') AND run_id <> run.id;
        IF FOUND THEN
          RETURN jsonb_build_object('kind', 'taken', 'what', 'active-run', 'by', holder.run_id);
        END IF;
      END IF;
    END LOOP;
    SELECT i.kind, i.value, i.machine_id INTO holder
      FROM jsonb_to_recordset(change->'take') AS t(kind text, value text)
      JOIN bmdemo.identities AS i USING (kind, value)
      WHERE i.machine_id <> target
      LIMIT 1;
    IF FOUND THEN
      RETURN jsonb_build_object('kind', 'taken', 'what', 'identity', 'by', holder.machine_id,
        'identity', jsonb_build_object('kind', holder.kind, 'value', holder.value));
    END IF;

    IF known IS NULL THEN
      INSERT INTO bmdemo.aggregates VALUES (target, 1, coalesce((change->>'at')::bigint, 0));
    ELSE
      UPDATE bmdemo.aggregates
        SET revision = revision + 1, last_event_at = greatest(last_event_at, (change->>'at')::bigint)
        WHERE machine_id = target AND revision = expected;
    END IF;

    IF jsonb_typeof(change->'machine') = 'object' THEN
      INSERT INTO bmdemo.machines
        SELECT target, m.* FROM jsonb_to_record(change->'machine') AS m(
          phase text, "phaseRank" integer, "effectiveState" text, rack text, provider text, cluster text,
          attention boolean, "updatedAt" bigint, "activeRunId" text, "stoppingRunId" text, image text)
        ON CONFLICT (machine_id) DO UPDATE SET
          phase = excluded.phase, phase_rank = excluded.phase_rank, effective_state = excluded.effective_state,
          rack = excluded.rack, provider = excluded.provider, cluster = excluded.cluster,
          attention = excluded.attention, updated_at = excluded.updated_at, active_run_id = excluded.active_run_id,
          stopping_run_id = excluded.stopping_run_id, image = excluded.image;
    ELSIF (change->>'deletes')::boolean THEN
      DELETE FROM bmdemo.machines WHERE machine_id = target;
    END IF;

    FOR run IN SELECT * FROM jsonb_to_recordset(change->'runs') AS r(
      id text, "isNew" boolean, ended boolean, stopping boolean, phase text, type text, "planId" text,
      "initiatedBy" text, "createdAt" bigint, "endKey" bigint, "backOff" bigint, held boolean, image text, digest text, plan text)
    LOOP
      IF run."isNew" THEN
        SELECT bound_plan INTO plan_number FROM bmdemo.bound_plans WHERE digest = run.digest;
        IF NOT FOUND THEN
          INSERT INTO bmdemo.bound_plans (digest, plan) VALUES (run.digest, run.plan)
            ON CONFLICT (digest) DO NOTHING RETURNING bound_plan INTO plan_number;
          IF NOT FOUND THEN
            SELECT bound_plan INTO plan_number FROM bmdemo.bound_plans WHERE digest = run.digest;
          END IF;
        END IF;
        INSERT INTO bmdemo.runs VALUES (run.id, target, run.phase, run.type, run."planId", run."initiatedBy",
          run."createdAt", run."endKey", run.stopping, plan_number, run.image);
        INSERT INTO bmdemo.leases VALUES (run.id, target, run."createdAt", NULL, 0, time_now);
        due := true;
        CONTINUE;
      END IF;
      UPDATE bmdemo.runs SET phase = run.phase, end_key = run."endKey", stopping = run.stopping, image = run.image
        WHERE run_id = run.id;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'run % is changed and was never accepted', run.id;
      END IF;
      -- The lease after a commit, as src/server/stores/shared/lease.ts has it.
      SELECT owner, due_at INTO lease FROM bmdemo.leases WHERE run_id = run.id FOR NO KEY UPDATE;
      IF run.ended THEN
        stop := stop OR (guard IS NULL AND (run.stopping OR lease.owner IS NOT NULL));
        DELETE FROM bmdemo.progress WHERE run_id = run.id;
        -- Lines may still come while its call goes on.
        UPDATE bmdemo.log_sizes SET ended_at = run."endKey" WHERE run_id = run.id AND NOT run.stopping;
        IF run.stopping THEN
          UPDATE bmdemo.leases SET due_at = NULL WHERE run_id = run.id;
        ELSE
          DELETE FROM bmdemo.leases WHERE run_id = run.id;
        END IF;
      ELSIF run.held THEN
        UPDATE bmdemo.leases SET owner = NULL, due_at = NULL WHERE run_id = run.id;
      ELSIF run."backOff" > decided_at THEN
        UPDATE bmdemo.leases SET owner = NULL, due_at = run."backOff" WHERE run_id = run.id;
        due := true;
      ELSE
        due := due OR lease.owner IS NULL;
        IF lease.due_at IS NULL OR lease.due_at > time_now THEN
          UPDATE bmdemo.leases SET due_at = time_now WHERE run_id = run.id;
        END IF;
      END IF;
    END LOOP;

    IF change->>'raiseFenceOf' IS NOT NULL THEN
      INSERT INTO bmdemo.fences AS f VALUES (target, 1)
        ON CONFLICT (machine_id) DO UPDATE SET fence = f.fence + 1;
      UPDATE bmdemo.leases SET owner = NULL WHERE run_id = change->>'raiseFenceOf' RETURNING due_at INTO lease;
      due := due OR (FOUND AND lease.due_at IS NOT NULL);
    END IF;
    IF request IS NOT NULL THEN
      INSERT INTO bmdemo.requests (machine_id, request_id, method, fingerprint, run_id) VALUES (target,
        request->>'requestId', request->>'method', request->>'fingerprint', request->>'runId');
    END IF;
    DELETE FROM bmdemo.identities AS i USING jsonb_to_recordset(change->'release') AS r(kind text, value text)
      WHERE i.kind = r.kind AND i.value = r.value AND i.machine_id = target;
    INSERT INTO bmdemo.identities
      SELECT t.kind, t.value, target FROM jsonb_to_recordset(change->'take') AS t(kind text, value text)
      WHERE NOT EXISTS (
        SELECT 1 FROM bmdemo.identities AS i WHERE i.kind = t.kind AND i.value = t.value AND i.machine_id = target)
      ORDER BY t.kind, t.value;
    INSERT INTO bmdemo.tallies AS t
      SELECT d.phase, pg_backend_pid() % 32, d.runs
      FROM jsonb_to_recordset(change->'tally') AS d(phase text, runs bigint) ORDER BY d.phase
      ON CONFLICT (phase, slot) DO UPDATE SET runs = t.runs + excluded.runs;
    INSERT INTO bmdemo.events (epoch, machine_id, run_id, plan_id, subject, kind, revision, rests, at, actor, peer,
        request_id, method, server, reason, message, before, after)
      SELECT l.epoch, target, e."runId", e."planId", e.subject, e.kind, e.revision, e.rests, e.at, o.actor, o.peer,
        o."requestId", o.method, o.server, o.reason, e.message, e.before, e.after
      FROM bmdemo.event_log AS l,
        jsonb_to_record(change->'origin') AS o(
          actor text, peer text, "requestId" text, method text, server text, reason text),
        ROWS FROM (jsonb_to_recordset(change->'events') AS ("runId" text, "planId" text, subject text, kind text,
          revision bigint, rests boolean, at bigint, message text, before text, after text)) WITH ORDINALITY AS e(
          "runId", "planId", subject, kind, revision, rests, at, message, before, after, place)
      ORDER BY e.place;
    RETURN jsonb_build_object('kind', 'ok', 'revision', expected + 1, 'due', due, 'stop', stop);
  END
  $body$;
`;
