import { BY_KEY, claimPlaces } from './claim-places.ts';

/**
 * A place that comes free goes to the next run in the same transaction: who ends a run takes over, in its stead, the oldest one
 * that waits for what it gave back, so that no place stands free for as long as a commit, a hint and a claim take.
 *
 * bmdemo.commit_each: as it was promised before, and by table instead of by change, which takes a quarter of the time.
 *
 * Every row is looked up by its key, however many are asked for; the settings keep the planner from reading whole tables, and from
 * planning anew.
 *
 * Locks: aggregates, servers, leases, scopes, fences, tallies.
 */
export const HAND_OVER = `
  -- Where the machine of a run is that waits for a place: so that a claim looks into the racks that have room, and not at every run.
  ALTER TABLE bmdemo.leases
    ADD COLUMN cluster text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN provider text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN rack text COLLATE "C" NOT NULL DEFAULT '';
  UPDATE bmdemo.leases AS l SET cluster = m.cluster, provider = m.provider, rack = m.rack
    FROM bmdemo.machines AS m WHERE m.machine_id = l.machine_id;
  CREATE INDEX leases_waiting ON bmdemo.leases (cluster, provider, rack, due_at, created_at, run_id)
    WHERE owner IS NULL AND due_at IS NOT NULL AND slots IS NULL;
  CREATE INDEX leases_due_again ON bmdemo.leases (due_at, created_at, run_id)
    WHERE owner IS NULL AND due_at IS NOT NULL AND slots IS NOT NULL;

  CREATE FUNCTION bmdemo.place_lease() RETURNS trigger LANGUAGE plpgsql AS $body$
  BEGIN
    SELECT m.cluster, m.provider, m.rack INTO NEW.cluster, NEW.provider, NEW.rack
      FROM bmdemo.machines AS m WHERE m.machine_id = NEW.machine_id;
    RETURN NEW;
  END
  $body$;
  CREATE TRIGGER place_lease BEFORE INSERT ON bmdemo.leases FOR EACH ROW EXECUTE FUNCTION bmdemo.place_lease();

  CREATE FUNCTION bmdemo.move_lease() RETURNS trigger LANGUAGE plpgsql AS $body$
  BEGIN
    UPDATE bmdemo.leases SET cluster = NEW.cluster, provider = NEW.provider, rack = NEW.rack
      WHERE run_id IN (NEW.active_run_id, NEW.stopping_run_id);
    RETURN NULL;
  END
  $body$;
  CREATE TRIGGER move_lease AFTER UPDATE ON bmdemo.machines FOR EACH ROW
    WHEN ((OLD.cluster, OLD.provider, OLD.rack) IS DISTINCT FROM (NEW.cluster, NEW.provider, NEW.rack))
    EXECUTE FUNCTION bmdemo.move_lease();

  -- All that one statement gives back at once: one after the other, each would rewrite the rows of the one before.
  CREATE OR REPLACE FUNCTION bmdemo.give_back_slots() RETURNS trigger LANGUAGE plpgsql AS $body$
  BEGIN
    IF EXISTS (SELECT 1 FROM gone WHERE slots IS NOT NULL AND slots <> '{}') THEN
      PERFORM 1 FROM bmdemo.scopes WHERE scope IN (SELECT unnest(slots) FROM gone) ORDER BY scope FOR UPDATE;
      UPDATE bmdemo.scopes AS s SET used = s.used - g.places
        FROM (SELECT o.scope, count(*) AS places FROM gone, unnest(gone.slots) AS o(scope) GROUP BY o.scope) AS g
        WHERE s.scope = g.scope;
    END IF;
    RETURN NULL;
  END
  $body$;
  DROP TRIGGER give_back_slots ON bmdemo.leases;
  CREATE TRIGGER give_back_slots AFTER DELETE ON bmdemo.leases
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION bmdemo.give_back_slots();

  ALTER FUNCTION bmdemo.commit_change (jsonb) ${BY_KEY};
  ALTER FUNCTION bmdemo.append_logs (jsonb, bytea, jsonb) ${BY_KEY};
  ALTER FUNCTION bmdemo.claim_runs (text, integer) ${BY_KEY};

  -- All that decides about machines, in the order in which they are asked for; one statement, so that all of it is of one moment.
  CREATE FUNCTION bmdemo.load_aggregates(machines text[], also_runs text[], requests text[]) RETURNS json LANGUAGE plpgsql
    ${BY_KEY}
  AS $body$
  BEGIN
    RETURN (
      SELECT json_agg(json_build_object('now', bmdemo.now_ms(), 'revision', coalesce(a.revision, 0),
          'lastEventAt', coalesce(a.last_event_at, 0), 'machine', m.image::json, 'method', q.method,
          'fingerprint', q.fingerprint, 'requestRunId', q.run_id, 'runs', r.runs) ORDER BY w.place)
      FROM unnest(machines, also_runs, requests) WITH ORDINALITY AS w(machine_id, run_id, request_id, place)
      LEFT JOIN bmdemo.aggregates AS a ON a.machine_id = w.machine_id
      LEFT JOIN bmdemo.machines AS m ON m.machine_id = w.machine_id
      LEFT JOIN bmdemo.requests AS q ON q.machine_id = w.machine_id AND q.request_id = w.request_id
      LEFT JOIN LATERAL (
        SELECT json_agg(json_build_object('image', image::json, 'boundPlan', bound_plan) ORDER BY place) AS runs
        FROM (
          SELECT run_id, min(place) AS place
          FROM unnest(ARRAY[m.active_run_id, m.stopping_run_id, w.run_id]) WITH ORDINALITY AS named(run_id, place)
          GROUP BY run_id
        ) AS named
        JOIN bmdemo.runs USING (run_id)
        WHERE runs.machine_id = w.machine_id
      ) AS r ON true
    );
  END
  $body$;

  -- What a claim found, so that its owner need not ask for it.
  CREATE FUNCTION bmdemo.with_aggregates(claims jsonb) RETURNS json LANGUAGE plpgsql
    ${BY_KEY}
  AS $body$
  BEGIN
    RETURN (
      SELECT json_agg(json_build_object('runId', c."runId", 'machineId', c."machineId", 'fence', c.fence,
          'revision', a.revision, 'lastEventAt', a.last_event_at, 'now', bmdemo.now_ms(), 'machine', m.image::json,
          'run', r.image::json, 'boundPlan', r.bound_plan) ORDER BY c.place)
      FROM ROWS FROM (jsonb_to_recordset(claims) AS ("runId" text, "machineId" text, fence bigint))
          WITH ORDINALITY AS c("runId", "machineId", fence, place)
        LEFT JOIN bmdemo.aggregates AS a ON a.machine_id = c."machineId"
        -- Where it has another run as well, all of it has to be asked for.
        LEFT JOIN bmdemo.machines AS m
          ON m.machine_id = c."machineId" AND m.active_run_id = c."runId" AND m.stopping_run_id IS NULL
        LEFT JOIN bmdemo.runs AS r ON r.run_id = c."runId"
    );
  END
  $body$;

  ${claimPlaces('CREATE', '')}

  /* Lets a session read and plan what it will need, so that its first run does not wait for that: with nothing to do, commit_each and
     claim_places go through all of their statements. */
  CREATE FUNCTION bmdemo.rehearse() RETURNS void LANGUAGE plpgsql AS $body$
  BEGIN
    PERFORM bmdemo.load_aggregates('{}', '{}', '{}');
    PERFORM bmdemo.commit_each('[]');
    PERFORM bmdemo.with_aggregates('[]');
    PERFORM bmdemo.commit_change('{"machineId": "", "expectedRevision": -1}');
  END
  $body$;

  CREATE OR REPLACE FUNCTION bmdemo.claim_admitted(
    me text, most_runs integer, OUT claims jsonb, OUT next_due_at bigint, OUT time_now bigint, OUT again boolean
  ) LANGUAGE plpgsql AS $body$
  BEGIN
    -- Said before scopes are locked, so that who changes limits, and takes that table and then the scopes, comes before or after.
    LOCK TABLE bmdemo.leases IN ROW EXCLUSIVE MODE;
    PERFORM 1 FROM bmdemo.servers WHERE instance = me FOR KEY SHARE;
    IF NOT FOUND THEN
      again := false;
      time_now := bmdemo.now_ms();
      RETURN;
    END IF;
    SELECT p.claims, p.next_due_at, p.time_now, p.again INTO claims, next_due_at, time_now, again
      FROM bmdemo.claim_places(me, most_runs, '{}') AS p;
  END
  $body$;

  CREATE OR REPLACE FUNCTION bmdemo.commit_each(changes jsonb) RETURNS jsonb LANGUAGE plpgsql
    ${BY_KEY}
  AS $body$
  DECLARE
    time_now CONSTANT bigint := bmdemo.now_ms();
    free_machines text[];
    free_runs text[];
    judged jsonb;
    good jsonb;
    ended text[];
    freed jsonb;
    wanting text[];
    heir text;
    taken record;
    next_claims jsonb := '[]';
    makes_room boolean := false;
    changed integer;
    -- The row of a phase that bmdemo.commit_change counts in.
    mine CONSTANT integer := pg_backend_pid() % 32;
    rehearsed CONSTANT boolean := changes = '[]';
  BEGIN
    -- That leases will be deleted is said first, so that who changes limits, and takes that table and then the scopes, comes before or after.
    LOCK TABLE bmdemo.leases IN ROW EXCLUSIVE MODE;
    WITH free AS (
      SELECT machine_id FROM bmdemo.aggregates
      WHERE machine_id = ANY (ARRAY(SELECT c->>'machineId' FROM jsonb_array_elements(changes) AS c))
      FOR NO KEY UPDATE SKIP LOCKED
    ) SELECT coalesce(array_agg(machine_id), '{}') INTO free_machines FROM free;
    WITH free AS (
      SELECT run_id FROM bmdemo.leases
      WHERE run_id = ANY (ARRAY(SELECT c->'guard'->>'runId' FROM jsonb_array_elements(changes) AS c))
      FOR NO KEY UPDATE SKIP LOCKED
    ) SELECT coalesce(array_agg(run_id), '{}') INTO free_runs FROM free;

    -- In the order in which bmdemo.commit_change looks: the fence comes first, a former owner has to stop.
    SELECT jsonb_agg(jsonb_build_object('kind', CASE
          WHEN e.turn > 1 OR a.machine_id IS NULL OR l.run_id IS NULL THEN 'busy'
          WHEN l.owner IS DISTINCT FROM e.change->'guard'->>'owner' OR l.fence <> (e.change->'guard'->>'fence')::bigint THEN 'fenced'
          WHEN a.revision <> (e.change->>'expectedRevision')::bigint THEN 'conflict'
          WHEN (e.change->>'announces')::boolean AND NOT EXISTS (
            SELECT 1 FROM bmdemo.servers WHERE instance = e.change->'guard'->>'owner' AND lease_until > time_now
          ) THEN 'lapsed'
          ELSE 'ok' END) ORDER BY e.place) INTO judged
      FROM (
        SELECT change, place, row_number() OVER (PARTITION BY change->>'machineId' ORDER BY place) AS turn
        FROM jsonb_array_elements(changes) WITH ORDINALITY AS c(change, place)
      ) AS e
      LEFT JOIN bmdemo.aggregates AS a ON a.machine_id = e.change->>'machineId' AND a.machine_id = ANY (free_machines)
      LEFT JOIN bmdemo.leases AS l ON l.run_id = e.change->'guard'->>'runId' AND l.run_id = ANY (free_runs);
    SELECT coalesce(jsonb_agg(c.change ORDER BY c.place), '[]') INTO good
      FROM jsonb_array_elements(changes) WITH ORDINALITY AS c(change, place)
      WHERE judged->(c.place::integer - 1)->>'kind' = 'ok';

    UPDATE bmdemo.aggregates AS a
      SET revision = a.revision + 1, last_event_at = greatest(a.last_event_at, g.at)
      FROM jsonb_to_recordset(good) AS g("machineId" text, at bigint)
      WHERE a.machine_id = g."machineId";
    UPDATE bmdemo.machines AS m
      SET phase = n.phase, phase_rank = n."phaseRank", effective_state = n."effectiveState", rack = n.rack,
        provider = n.provider, cluster = n.cluster, attention = n.attention, updated_at = n."updatedAt",
        active_run_id = n."activeRunId", stopping_run_id = n."stoppingRunId", image = n.image
      FROM jsonb_to_recordset(good) AS g("machineId" text, machine jsonb),
        jsonb_to_record(g.machine) AS n(
          phase text, "phaseRank" integer, "effectiveState" text, rack text, provider text, cluster text,
          attention boolean, "updatedAt" bigint, "activeRunId" text, "stoppingRunId" text, image text)
      WHERE jsonb_typeof(g.machine) = 'object' AND m.machine_id = g."machineId";
    UPDATE bmdemo.runs AS r SET phase = n.phase, end_key = n."endKey", stopping = n.stopping, image = n.image
      FROM jsonb_to_recordset(good) AS g(runs jsonb),
        jsonb_to_recordset(g.runs) AS n(id text, phase text, "endKey" bigint, stopping boolean, image text)
      WHERE r.run_id = n.id;
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed <> (SELECT sum(jsonb_array_length(g->'runs')) FROM jsonb_array_elements(good) AS g) THEN
      RAISE EXCEPTION 'a run is changed and was never accepted';
    END IF;
    INSERT INTO bmdemo.events (epoch, machine_id, run_id, plan_id, subject, kind, revision, rests, at, actor, peer,
        request_id, method, server, reason, message, before, after)
      SELECT l.epoch, g."machineId", e."runId", e."planId", e.subject, e.kind, e.revision, e.rests, e.at, o.actor, o.peer,
        o."requestId", o.method, o.server, o.reason, e.message, e.before, e.after
      FROM bmdemo.event_log AS l,
        ROWS FROM (jsonb_to_recordset(good) AS ("machineId" text, origin jsonb, events jsonb)) WITH ORDINALITY AS g(
          "machineId", origin, events, place),
        jsonb_to_record(g.origin) AS o(actor text, peer text, "requestId" text, method text, server text, reason text),
        ROWS FROM (jsonb_to_recordset(g.events) AS ("runId" text, "planId" text, subject text, kind text,
          revision bigint, rests boolean, at bigint, message text, before text, after text)) WITH ORDINALITY AS e(
          "runId", "planId", subject, kind, revision, rests, at, message, before, after, place)
      ORDER BY g.place, e.place;

    -- The leases after a commit, as src/server/stores/shared/lease.ts has them.
    UPDATE bmdemo.leases AS l
      SET owner = CASE WHEN n.held OR n."backOff" > coalesce(g.at, time_now) THEN NULL ELSE l.owner END,
        due_at = CASE WHEN n.held THEN NULL WHEN n."backOff" > coalesce(g.at, time_now) THEN n."backOff" ELSE time_now END
      FROM jsonb_to_recordset(good) AS g(at bigint, runs jsonb),
        jsonb_to_recordset(g.runs) AS n(id text, ended boolean, held boolean, "backOff" bigint)
      WHERE l.run_id = n.id AND NOT n.ended
        AND (n.held OR n."backOff" > coalesce(g.at, time_now) OR l.due_at IS NULL OR l.due_at > time_now);
    SELECT array_agg(n.id), min(g.guard->>'owner') FILTER (WHERE g."takesOver") INTO ended, heir
      FROM jsonb_to_recordset(good) AS g(guard jsonb, runs jsonb, "takesOver" boolean),
        jsonb_to_recordset(g.runs) AS n(id text, ended boolean)
      WHERE n.ended;
    wanting := ARRAY(
      SELECT n.id
      FROM jsonb_to_recordset(good) AS g(guard jsonb, runs jsonb, "takesOver" boolean),
        jsonb_to_recordset(g.runs) AS n(id text, ended boolean)
      WHERE n.ended AND g."takesOver" AND g.guard->>'owner' = heir
    );
    IF ended IS NOT NULL OR rehearsed THEN
      DELETE FROM bmdemo.progress WHERE run_id = ANY (ended);
      UPDATE bmdemo.log_sizes AS s SET ended_at = n."endKey"
        FROM jsonb_to_recordset(good) AS g(runs jsonb),
          jsonb_to_recordset(g.runs) AS n(id text, ended boolean, "endKey" bigint)
        WHERE s.run_id = n.id AND n.ended;
      SELECT jsonb_object_agg(f.scope, f.places) INTO freed
        FROM (
          SELECT o.scope, count(*) AS places FROM bmdemo.leases AS l, unnest(l.slots) AS o(scope)
          WHERE l.run_id = ANY (ended) GROUP BY o.scope
        ) AS f;
      makes_room := true;
      IF (freed IS NOT NULL AND wanting <> '{}') OR rehearsed THEN
        -- Who was given up by its peers takes nothing; who is just being given up is not waited for.
        PERFORM 1 FROM bmdemo.servers WHERE instance = heir FOR KEY SHARE SKIP LOCKED;
        IF FOUND OR rehearsed THEN
          SELECT * INTO taken FROM bmdemo.claim_places(coalesce(heir, ''), cardinality(wanting), coalesce(freed, '{}'));
          next_claims := coalesce(taken.claims, '[]');
          -- None is made where as many places are taken as are given back, and nobody is left who could take one.
          makes_room := coalesce(taken.next_due_at <= taken.time_now, false) OR EXISTS (
            SELECT 1 FROM jsonb_each_text(coalesce(freed, '{}')) AS f(scope, places)
            WHERE f.places::bigint > (
              SELECT count(*) FROM jsonb_to_recordset(next_claims) AS c("runId" text)
                JOIN bmdemo.leases AS l ON l.run_id = c."runId" WHERE f.scope = ANY (l.slots))
          );
        END IF;
      END IF;
      DELETE FROM bmdemo.leases WHERE run_id = ANY (ended);
    END IF;
    INSERT INTO bmdemo.tallies AS t
      SELECT d.phase, mine, sum(d.runs)
      FROM jsonb_to_recordset(good) AS g(tally jsonb), jsonb_to_recordset(g.tally) AS d(phase text, runs bigint)
      GROUP BY d.phase ORDER BY d.phase
      ON CONFLICT (phase, slot) DO UPDATE SET runs = t.runs + excluded.runs;

    RETURN (
      SELECT jsonb_agg(CASE WHEN j.answer->>'kind' <> 'ok' THEN j.answer
          ELSE j.answer || jsonb_build_object('revision', (c.change->>'expectedRevision')::bigint + 1, 'stop', false,
            'room', makes_room, 'next', next_claims->(w.turn::integer - 1), 'due', EXISTS (
              SELECT 1 FROM jsonb_to_recordset(c.change->'runs') AS n(ended boolean, held boolean, "backOff" bigint)
              WHERE NOT n.ended AND NOT n.held AND n."backOff" > coalesce((c.change->>'at')::bigint, time_now)))
        END ORDER BY c.place)
      FROM jsonb_array_elements(changes) WITH ORDINALITY AS c(change, place)
        JOIN jsonb_array_elements(judged) WITH ORDINALITY AS j(answer, place) ON j.place = c.place
        LEFT JOIN unnest(wanting) WITH ORDINALITY AS w(run_id, turn)
          ON w.run_id = c.change->'guard'->>'runId' AND j.answer->>'kind' = 'ok'
    );
  END
  $body$;
`;
