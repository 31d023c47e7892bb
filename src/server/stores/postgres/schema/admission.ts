/**
 * Places in racks, clusters and providers that have a limit. A run takes its places when it is claimed for the first time, on rows
 * of bmdemo.scopes that are locked in the order of their names, and gives them back when its lease goes: nobody works on it then,
 * and no call of it holds its machine. Without limits none of it is touched.
 *
 * Locks: aggregates, servers, leases, scopes, fences.
 */
export const ADMISSION = `
  CREATE TABLE bmdemo.limits (
    kind text COLLATE "C" NOT NULL,
    -- Empty: each of that kind that no other row names.
    name text COLLATE "C" NOT NULL,
    most integer NOT NULL,
    PRIMARY KEY (kind, name)
  );

  -- The scopes with a limit in which a run has ever had a place.
  CREATE TABLE bmdemo.scopes (
    scope text COLLATE "C" PRIMARY KEY,
    most integer NOT NULL,
    used integer NOT NULL
  ) WITH (fillfactor = 50);

  -- The scopes in which the run has a place; NULL before it was claimed while there was a limit.
  ALTER TABLE bmdemo.leases ADD COLUMN slots text[];

  CREATE FUNCTION bmdemo.scopes_of(cluster text, provider text, rack text) RETURNS TABLE (scope text, most integer)
    LANGUAGE sql STABLE AS $body$
    SELECT p.kind || '=' || p.name, l.most
    FROM (VALUES ('cluster', cluster), ('provider', provider), ('rack', rack)) AS p(kind, name),
      LATERAL (
        SELECT most FROM bmdemo.limits WHERE kind = p.kind AND name IN (p.name, '') ORDER BY name DESC LIMIT 1
      ) AS l
    WHERE p.name <> ''
    ORDER BY p.kind
  $body$;

  CREATE FUNCTION bmdemo.give_back_slots() RETURNS trigger LANGUAGE plpgsql AS $body$
  BEGIN
    PERFORM 1 FROM bmdemo.scopes WHERE scope = ANY (OLD.slots) ORDER BY scope FOR UPDATE;
    UPDATE bmdemo.scopes SET used = used - 1 WHERE scope = ANY (OLD.slots);
    RETURN NULL;
  END
  $body$;
  CREATE TRIGGER give_back_slots AFTER DELETE ON bmdemo.leases
    FOR EACH ROW WHEN (OLD.slots IS NOT NULL AND OLD.slots <> '{}') EXECUTE FUNCTION bmdemo.give_back_slots();

  -- Runs that were claimed and have not let go of their machine have places, be they too many.
  CREATE FUNCTION bmdemo.set_limits(wanted jsonb) RETURNS void LANGUAGE plpgsql AS $body$
  BEGIN
    LOCK TABLE bmdemo.leases IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE bmdemo.scopes, bmdemo.limits IN EXCLUSIVE MODE;
    DELETE FROM bmdemo.limits;
    DELETE FROM bmdemo.scopes;
    INSERT INTO bmdemo.limits SELECT * FROM jsonb_to_recordset(wanted) AS w(kind text, name text, most integer);
    UPDATE bmdemo.leases AS l SET slots = ARRAY(SELECT scope FROM bmdemo.scopes_of(m.cluster, m.provider, m.rack))
      FROM bmdemo.machines AS m
      WHERE m.machine_id = l.machine_id AND (l.fence > 0 OR l.slots IS NOT NULL);
    INSERT INTO bmdemo.scopes
      SELECT s.scope, s.most, count(*) FROM bmdemo.leases AS l
        JOIN bmdemo.machines AS m USING (machine_id), bmdemo.scopes_of(m.cluster, m.provider, m.rack) AS s
      WHERE l.slots IS NOT NULL
      GROUP BY s.scope, s.most;
  END
  $body$;

  -- Due runs that nobody owns and that no full scope keeps back, as far as can be seen without waiting for anybody.
  CREATE FUNCTION bmdemo.is_blocked(cluster text, provider text, rack text, full_scopes text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $body$
    SELECT full_scopes && ARRAY['cluster=' || cluster, 'provider=' || provider, 'rack=' || rack]
  $body$;

  /* As claim_runs, where there are limits: looks at so many runs, and takes those that there is room for. again: another look may find
     more, because what it would find stood behind others in a scope that is full now. */
  CREATE FUNCTION bmdemo.claim_admitted(
    me text, most_runs integer, OUT claims jsonb, OUT next_due_at bigint, OUT time_now bigint, OUT again boolean
  ) LANGUAGE plpgsql AS $body$
  DECLARE
    full_scopes text[];
    looked jsonb;
    rooms jsonb;
    candidate record;
    chosen text[] := '{}';
    taken_slots jsonb := '{}';
    one text;
    has_room boolean;
  BEGIN
    again := false;
    time_now := bmdemo.now_ms();
    PERFORM 1 FROM bmdemo.servers WHERE instance = me FOR KEY SHARE;
    IF NOT FOUND THEN
      RETURN;
    END IF;
    SELECT coalesce(array_agg(scope), '{}') INTO full_scopes FROM bmdemo.scopes WHERE used >= most;
    -- Of each scope no more than it seems to have room for, so that others find what they look for unlocked.
    WITH waiting AS (
      SELECT l.run_id, l.slots IS NOT NULL AS has_slots, l.due_at, l.created_at, m.cluster, m.provider, m.rack
      FROM bmdemo.leases AS l JOIN bmdemo.machines AS m USING (machine_id)
      WHERE l.owner IS NULL AND l.due_at <= time_now
        AND (l.slots IS NOT NULL OR NOT bmdemo.is_blocked(m.cluster, m.provider, m.rack, full_scopes))
    ), placed AS (
      SELECT p.cluster, p.provider, p.rack,
        min(s.most - coalesce(u.used, 0)) FILTER (WHERE s.scope = 'cluster=' || p.cluster) AS in_cluster,
        min(s.most - coalesce(u.used, 0)) FILTER (WHERE s.scope = 'provider=' || p.provider) AS in_provider,
        min(s.most - coalesce(u.used, 0)) FILTER (WHERE s.scope = 'rack=' || p.rack) AS in_rack,
        coalesce(array_agg(s.scope ORDER BY s.scope) FILTER (WHERE s.scope IS NOT NULL), '{}') AS names
      FROM (SELECT DISTINCT cluster, provider, rack FROM waiting) AS p
        LEFT JOIN LATERAL bmdemo.scopes_of(p.cluster, p.provider, p.rack) AS s ON true
        LEFT JOIN bmdemo.scopes AS u ON u.scope = s.scope
      GROUP BY p.cluster, p.provider, p.rack
    ), ranked AS (
      SELECT w.*, p.names, w.has_slots OR (
          (p.in_cluster IS NULL OR p.in_cluster >= row_number() OVER (PARTITION BY has_slots, cluster ORDER BY due_at, created_at, run_id))
          AND (p.in_provider IS NULL
            OR p.in_provider >= row_number() OVER (PARTITION BY has_slots, provider ORDER BY due_at, created_at, run_id))
          AND (p.in_rack IS NULL OR p.in_rack >= row_number() OVER (PARTITION BY has_slots, rack ORDER BY due_at, created_at, run_id))
        ) AS fits
      FROM waiting AS w JOIN placed AS p USING (cluster, provider, rack)
    ), picked AS (
      SELECT run_id, has_slots, names FROM ranked WHERE fits ORDER BY due_at, created_at, run_id LIMIT most_runs
    ), due AS (
      SELECT l.run_id, picked.has_slots, picked.names, l.due_at, l.created_at
      FROM bmdemo.leases AS l JOIN picked USING (run_id)
      WHERE l.owner IS NULL AND l.due_at <= time_now
      ORDER BY l.due_at, l.created_at, l.run_id
      FOR UPDATE OF l SKIP LOCKED
    ) SELECT jsonb_agg(jsonb_build_object('runId', run_id, 'hasSlots', has_slots, 'names', names)
        ORDER BY due_at, created_at, run_id) INTO looked FROM due;

    INSERT INTO bmdemo.scopes
      SELECT DISTINCT s.scope, s.most, 0
      FROM jsonb_to_recordset(coalesce(looked, '[]')) AS f("runId" text, "hasSlots" boolean)
        JOIN bmdemo.leases AS l ON l.run_id = f."runId" JOIN bmdemo.machines AS m USING (machine_id),
        bmdemo.scopes_of(m.cluster, m.provider, m.rack) AS s
      WHERE NOT f."hasSlots"
      ORDER BY s.scope
      ON CONFLICT (scope) DO NOTHING;
    WITH wanted AS (
      SELECT DISTINCT n.name FROM jsonb_to_recordset(coalesce(looked, '[]')) AS f("hasSlots" boolean, names text[]),
        unnest(f.names) AS n(name) WHERE NOT f."hasSlots"
    ), locked AS (
      SELECT scope, most - used AS room FROM bmdemo.scopes WHERE scope IN (SELECT wanted.name FROM wanted)
      ORDER BY scope FOR UPDATE
    ) SELECT coalesce(jsonb_object_agg(scope, room), '{}') INTO rooms FROM locked;

    FOR candidate IN
      SELECT * FROM jsonb_to_recordset(coalesce(looked, '[]')) AS f("runId" text, "hasSlots" boolean, names text[])
    LOOP
      IF NOT candidate."hasSlots" THEN
        SELECT bool_and((rooms->>n)::integer > 0) INTO has_room FROM unnest(candidate.names) AS u(n);
        CONTINUE WHEN NOT coalesce(has_room, true);
        FOREACH one IN ARRAY candidate.names LOOP
          rooms := jsonb_set(rooms, ARRAY[one], to_jsonb((rooms->>one)::integer - 1));
        END LOOP;
        taken_slots := taken_slots || jsonb_build_object(candidate."runId", to_jsonb(candidate.names));
      END IF;
      chosen := chosen || candidate."runId";
    END LOOP;

    UPDATE bmdemo.scopes AS s SET used = s.most - (rooms->>s.scope)::integer
      WHERE rooms ? s.scope AND s.used <> s.most - (rooms->>s.scope)::integer;
    WITH raised AS (
      INSERT INTO bmdemo.fences AS f SELECT machine_id, 1 FROM bmdemo.leases WHERE run_id = ANY (chosen)
      ON CONFLICT (machine_id) DO UPDATE SET fence = f.fence + 1
      RETURNING machine_id, fence
    ), taken AS (
      UPDATE bmdemo.leases AS l SET owner = me, fence = raised.fence, slots = CASE
          WHEN taken_slots ? l.run_id
          THEN ARRAY(SELECT jsonb_array_elements_text(taken_slots->l.run_id)) ELSE l.slots END
      FROM raised
      WHERE l.machine_id = raised.machine_id AND l.run_id = ANY (chosen)
      RETURNING l.run_id, l.machine_id, l.fence, l.due_at, l.created_at
    )
    SELECT jsonb_agg(jsonb_build_object('runId', run_id, 'machineId', machine_id, 'fence', fence)
      ORDER BY due_at, created_at, run_id) INTO claims FROM taken;

    SELECT coalesce(array_agg(scope), '{}') INTO full_scopes FROM bmdemo.scopes WHERE used >= most;
    SELECT l.due_at INTO next_due_at
      FROM bmdemo.leases AS l JOIN bmdemo.machines AS m USING (machine_id)
      WHERE l.owner IS NULL AND l.due_at IS NOT NULL
        AND (l.slots IS NOT NULL OR NOT bmdemo.is_blocked(m.cluster, m.provider, m.rack, full_scopes))
      ORDER BY l.due_at LIMIT 1;
    again := claims IS NOT NULL AND next_due_at <= time_now;
  END
  $body$;
`;
