/**
 * bmdemo.sweep_runs: takes runs that have ended away, with what belongs to them; what remains of them goes to their request.
 *
 * bmdemo.sweep_events: takes the log away up to a place. The last image of each machine and run becomes the baseline from which
 * the rest is folded; a machine that was deleted needs none, nor a run that was swept, once no later event tells of it.
 */
export const SWEEP = `
  CREATE FUNCTION bmdemo.sweep_runs(victims jsonb) RETURNS void LANGUAGE sql AS $body$
    WITH victim AS (
      SELECT * FROM jsonb_to_recordset(victims) AS v(id text, revision bigint, "requestId" text, remains text)
    ), gone AS (
      DELETE FROM bmdemo.runs AS r USING victim WHERE r.run_id = victim.id AND NOT r.stopping
      RETURNING r.run_id, r.machine_id, r.phase, victim.revision, victim."requestId" AS request_id, victim.remains
    ), answered AS (
      UPDATE bmdemo.requests AS q SET swept = gone.remains FROM gone
      WHERE q.machine_id = gone.machine_id AND q.request_id = gone.request_id
    ), sizes AS (
      DELETE FROM bmdemo.log_sizes AS s USING gone WHERE s.run_id = gone.run_id
    ), baselines AS (
      DELETE FROM bmdemo.baselines AS b USING gone WHERE b.subject = 'run' AND b.id = gone.run_id AND b.revision = gone.revision
    )
    INSERT INTO bmdemo.tallies AS t
      SELECT phase, pg_backend_pid() % 32, -count(*) FROM gone GROUP BY phase ORDER BY phase
      ON CONFLICT (phase, slot) DO UPDATE SET runs = t.runs + excluded.runs;
  $body$;

  CREATE FUNCTION bmdemo.sweep_events(to_epoch integer, to_xid xid8, to_number bigint) RETURNS void
  LANGUAGE plpgsql AS $body$
  DECLARE
    log bmdemo.event_log;
  BEGIN
    SELECT * INTO log FROM bmdemo.event_log FOR NO KEY UPDATE;
    IF (to_epoch, to_xid, to_number) <= (log.swept_epoch, log.swept_xid, log.swept_number) THEN
      RETURN;
    END IF;
    WITH gone AS (
      DELETE FROM bmdemo.events
      WHERE (epoch, xid, number) > (log.swept_epoch, log.swept_xid, log.swept_number)
        AND (epoch, xid, number) <= (to_epoch, to_xid, to_number)
      RETURNING *
    ), latest AS (
      SELECT DISTINCT ON (subject, id) * FROM (
        SELECT *, CASE subject WHEN 'run' THEN run_id ELSE machine_id END AS id FROM gone WHERE subject <> 'plan'
      ) AS named ORDER BY subject, id, epoch DESC, xid DESC, number DESC
    ), judged AS (
      SELECT latest.*, CASE subject WHEN 'machine' THEN kind = 'DELETED'
        ELSE rests AND NOT EXISTS (SELECT 1 FROM bmdemo.runs WHERE run_id = latest.id) END AS forgotten
      FROM latest
    ), dropped AS (
      DELETE FROM bmdemo.baselines AS b USING judged
      WHERE judged.forgotten AND b.subject = judged.subject AND b.id = judged.id
    ), kept AS (
      INSERT INTO bmdemo.baselines (subject, id, machine_id, revision, at, image)
        SELECT subject, id, machine_id, revision, at, after FROM judged WHERE NOT forgotten
        ON CONFLICT (subject, id) DO UPDATE SET machine_id = excluded.machine_id, revision = excluded.revision,
          at = excluded.at, image = excluded.image
    )
    UPDATE bmdemo.event_log SET swept_epoch = to_epoch, swept_xid = to_xid, swept_number = to_number,
      swept_at = greatest(swept_at, (SELECT max(at) FROM gone));
  END
  $body$;
`;
