/** For functions whose statements look every row up by its key, however many are asked for: none of them is planned twice. */
export const BY_KEY = `
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan`;

/** Where runs wait that have no place yet, what they need one in, and how many more go in there; however many wait, each is one step. */
const PLACES = `
      WITH RECURSIVE place AS (
        (
          SELECT cluster, provider, rack FROM bmdemo.leases
          WHERE owner IS NULL AND due_at IS NOT NULL AND slots IS NULL ORDER BY cluster, provider, rack LIMIT 1
        )
        UNION ALL
        SELECT n.cluster, n.provider, n.rack FROM place AS p, LATERAL (
          SELECT l.cluster, l.provider, l.rack FROM bmdemo.leases AS l
          WHERE l.owner IS NULL AND l.due_at IS NOT NULL AND l.slots IS NULL
            AND (l.cluster, l.provider, l.rack) > (p.cluster, p.provider, p.rack)
          ORDER BY l.cluster, l.provider, l.rack LIMIT 1
        ) AS n
      ), roomy AS (
        SELECT p.cluster, p.provider, p.rack, s.*
        FROM place AS p, LATERAL (
          SELECT min(s.most - coalesce(u.used, 0) + coalesce((freed->>s.scope)::integer, 0)) AS room,
            coalesce(array_agg(s.scope ORDER BY s.scope), '{}') AS names
          FROM bmdemo.scopes_of(p.cluster, p.provider, p.rack) AS s LEFT JOIN bmdemo.scopes AS u ON u.scope = s.scope
        ) AS s
        WHERE coalesce(s.room, 1) > 0
      )`;

/**
 * bmdemo.claim_places: takes runs that there is room for, with what this transaction is about to give back; the scopes of both are
 * locked together, in the order of their names.
 *
 * @param create how it is made
 * @param still what has to hold of a lease once it is locked, beside that nobody has it
 */
export const claimPlaces = (
  create: 'CREATE' | 'CREATE OR REPLACE',
  still: string,
): string => `${create} FUNCTION bmdemo.claim_places(
    me text, most_runs integer, freed jsonb, OUT claims jsonb, OUT next_due_at bigint, OUT time_now bigint, OUT again boolean
  ) LANGUAGE plpgsql
    ${BY_KEY}
  AS $body$
  DECLARE
    rehearsed CONSTANT boolean := me = '';
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
    ${PLACES}, waiting AS (
      -- Those further back have enough before them in their own place.
      SELECT l.run_id, l.due_at, l.created_at, r.names
      FROM roomy AS r, LATERAL (
        SELECT run_id, due_at, created_at FROM bmdemo.leases AS l
        WHERE l.owner IS NULL AND l.due_at IS NOT NULL AND l.slots IS NULL
          AND l.cluster = r.cluster AND l.provider = r.provider AND l.rack = r.rack AND l.due_at <= time_now
        ORDER BY due_at, created_at, run_id LIMIT least(r.room, most_runs)
      ) AS l
      UNION ALL
      (
        SELECT run_id, due_at, created_at, NULL FROM bmdemo.leases
        WHERE owner IS NULL AND due_at IS NOT NULL AND slots IS NOT NULL AND due_at <= time_now
        ORDER BY due_at, created_at, run_id LIMIT most_runs
      )
    ), numbered AS (
      SELECT w.*, n.scope, row_number() OVER (PARTITION BY n.scope ORDER BY due_at, created_at, w.run_id) AS turn
      FROM waiting AS w LEFT JOIN unnest(w.names) AS n(scope) ON true
    ), picked AS MATERIALIZED (
      -- Of each scope no more than it seems to have room for, so that others find what they look for unlocked.
      SELECT n.run_id, min(n.due_at) AS due_at, min(n.created_at) AS created_at,
        array_agg(n.scope ORDER BY n.scope) FILTER (WHERE n.scope IS NOT NULL) AS names, bool_or(n.names IS NULL) AS has_slots
      FROM numbered AS n LEFT JOIN bmdemo.scopes AS u ON u.scope = n.scope
      GROUP BY n.run_id
      HAVING bool_and(n.scope IS NULL OR u.scope IS NULL
        OR n.turn <= u.most - u.used + coalesce((freed->>n.scope)::integer, 0))
      ORDER BY due_at, created_at, run_id LIMIT most_runs
    ), due AS (
      SELECT l.run_id, picked.has_slots, coalesce(picked.names, '{}') AS names, l.due_at, l.created_at
      FROM picked JOIN bmdemo.leases AS l USING (run_id)
      WHERE l.owner IS NULL AND l.due_at <= time_now ${still}
      ORDER BY l.due_at, l.created_at, l.run_id
      FOR UPDATE OF l SKIP LOCKED
    ) SELECT jsonb_agg(jsonb_build_object('runId', run_id, 'hasSlots', has_slots, 'names', names)
        ORDER BY due_at, created_at, run_id) INTO looked FROM due;

    IF looked IS NOT NULL AND EXISTS (
      SELECT 1 FROM jsonb_to_recordset(looked) AS f(names text[]), unnest(f.names) AS n(name)
      WHERE NOT EXISTS (SELECT 1 FROM bmdemo.scopes WHERE scope = n.name)
    ) THEN
      INSERT INTO bmdemo.scopes
        SELECT DISTINCT s.scope, s.most, 0
        FROM jsonb_to_recordset(looked) AS f("runId" text, "hasSlots" boolean)
          JOIN bmdemo.leases AS l ON l.run_id = f."runId", bmdemo.scopes_of(l.cluster, l.provider, l.rack) AS s
        WHERE NOT f."hasSlots"
        ORDER BY s.scope
        ON CONFLICT (scope) DO NOTHING;
    END IF;
    IF looked IS NOT NULL OR freed <> '{}' OR rehearsed THEN
      WITH wanted AS (
        SELECT n.name FROM jsonb_to_recordset(coalesce(looked, '[]')) AS f(names text[]), unnest(f.names) AS n(name)
        UNION SELECT jsonb_object_keys(freed)
      ), locked AS (
        SELECT scope, most - used + coalesce((freed->>scope)::integer, 0) AS room
        FROM bmdemo.scopes WHERE scope = ANY (ARRAY(SELECT wanted.name FROM wanted))
        ORDER BY scope FOR UPDATE
      ) SELECT coalesce(jsonb_object_agg(scope, room), '{}') INTO rooms FROM locked;
    END IF;

    IF looked IS NOT NULL OR rehearsed THEN
      FOR candidate IN
        SELECT * FROM jsonb_to_recordset(coalesce(looked, '[]')) AS f("runId" text, "hasSlots" boolean, names text[])
      LOOP
        IF NOT candidate."hasSlots" THEN
          has_room := true;
          FOREACH one IN ARRAY candidate.names LOOP
            has_room := has_room AND coalesce((rooms->>one)::integer, 0) > 0;
          END LOOP;
          CONTINUE WHEN NOT has_room;
          FOREACH one IN ARRAY candidate.names LOOP
            rooms := jsonb_set(rooms, ARRAY[one], to_jsonb((rooms->>one)::integer - 1));
          END LOOP;
          taken_slots := taken_slots || jsonb_build_object(candidate."runId", to_jsonb(candidate.names));
        END IF;
        chosen := chosen || candidate."runId";
      END LOOP;

      UPDATE bmdemo.scopes AS s SET used = s.used + t.places
        FROM (
          SELECT o.scope, count(*) AS places FROM jsonb_each(taken_slots) AS c, jsonb_array_elements_text(c.value) AS o(scope)
          GROUP BY o.scope
        ) AS t
        WHERE s.scope = t.scope;
      WITH raised AS (
        INSERT INTO bmdemo.fences AS f SELECT machine_id, 1 FROM bmdemo.leases WHERE run_id = ANY (chosen) ORDER BY machine_id
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
    END IF;

    ${PLACES}
      SELECT min(d.due_at) INTO next_due_at FROM (
        SELECT l.due_at FROM roomy AS r, LATERAL (
          SELECT l.due_at FROM bmdemo.leases AS l
          WHERE l.owner IS NULL AND l.due_at IS NOT NULL AND l.slots IS NULL
            AND l.cluster = r.cluster AND l.provider = r.provider AND l.rack = r.rack
          ORDER BY l.due_at, l.created_at, l.run_id LIMIT 1
        ) AS l
        UNION ALL
        (
          SELECT due_at FROM bmdemo.leases WHERE owner IS NULL AND due_at IS NOT NULL AND slots IS NOT NULL
          ORDER BY due_at, created_at, run_id LIMIT 1
        )
      ) AS d;
    again := claims IS NOT NULL AND next_due_at <= time_now;
  END
  $body$;`;
