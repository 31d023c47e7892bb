/**
 * bmdemo.locks_held: the advisory locks by which servers show that their session stands.
 *
 * bmdemo.reap_servers: removes the servers that the caller takes for dead, unless they have shown life since, then frees what
 * belongs to nobody who is there. Steps, not one statement: what the second sees must not be older than what the first locked,
 * or a claim between the two would be missed. Runs that ended while their call went on are given to the caller; all others
 * become due.
 */
export const REAP_SERVERS = `
  CREATE FUNCTION bmdemo.locks_held(class integer) RETURNS SETOF bigint LANGUAGE sql STABLE AS $body$
    SELECT objid::bigint FROM pg_catalog.pg_locks
    WHERE locktype = 'advisory' AND classid::bigint = class AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database());
  $body$;

  CREATE FUNCTION bmdemo.reap_servers(me text, class integer, suspects jsonb) RETURNS jsonb LANGUAGE plpgsql AS $body$
  DECLARE
    freed bigint;
    claims jsonb;
    removed jsonb;
  BEGIN
    PERFORM 1 FROM bmdemo.servers WHERE instance = me FOR KEY SHARE;
    IF NOT FOUND THEN
      RETURN jsonb_build_object('removed', jsonb_build_array(), 'claims', jsonb_build_array(), 'freed', 0);
    END IF;
    WITH gone AS (
      DELETE FROM bmdemo.servers AS s USING jsonb_to_recordset(suspects) AS d(instance text, beat bigint, cause text)
      WHERE s.instance = d.instance AND s.beat = d.beat AND s.instance <> me
        AND (d.cause = 'lease' OR s.lock_id NOT IN (SELECT bmdemo.locks_held(class)))
      RETURNING s.instance
    ) SELECT coalesce(jsonb_agg(instance), '[]') INTO removed FROM gone;

    -- In the order in which log batches lock them, so that the two never wait for each other in a circle.
    WITH orphans AS (
      SELECT run_id FROM bmdemo.leases AS l
      WHERE owner IS NOT NULL AND due_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM bmdemo.servers WHERE instance = l.owner)
      ORDER BY run_id FOR NO KEY UPDATE
    ) UPDATE bmdemo.leases AS l SET owner = NULL FROM orphans WHERE l.run_id = orphans.run_id;
    GET DIAGNOSTICS freed = ROW_COUNT;

    WITH held AS (
      SELECT run_id, machine_id FROM bmdemo.leases AS l
      WHERE due_at IS NULL
        AND (owner IS NULL OR NOT EXISTS (SELECT 1 FROM bmdemo.servers WHERE instance = l.owner))
      ORDER BY run_id FOR NO KEY UPDATE
    ), raised AS (
      INSERT INTO bmdemo.fences AS f SELECT DISTINCT machine_id, 1 FROM held
      ON CONFLICT (machine_id) DO UPDATE SET fence = f.fence + 1
      RETURNING machine_id, fence
    ), taken AS (
      UPDATE bmdemo.leases AS l SET owner = me, fence = raised.fence
      FROM held JOIN raised USING (machine_id)
      WHERE l.run_id = held.run_id
      RETURNING l.run_id, l.machine_id, l.fence
    ) SELECT coalesce(jsonb_agg(jsonb_build_object('runId', run_id, 'machineId', machine_id, 'fence', fence)
        ORDER BY run_id), '[]') INTO claims FROM taken;
    RETURN jsonb_build_object('removed', removed, 'claims', claims, 'freed', freed);
  END
  $body$;
`;
