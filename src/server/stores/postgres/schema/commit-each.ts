/**
 * bmdemo.commit_each: changes of several machines, each by the owner of a run, in one transaction. Each has the answer that
 * bmdemo.commit_change has for it. Whoever holds a row of one machine keeps nobody else waiting, and nobody waits here while he
 * holds what others want: a change whose rows are not free at once is left out, and answered with busy.
 *
 * The rows that machines have in common, scopes and then tallies, are locked before the first change is made, in the order of their
 * names as everybody locks them: as the changes come, two of these would wait for each other in a circle. That leases will be
 * deleted is said before anything else, so that who changes limits, and takes that table and then the scopes, comes before or after.
 *
 * Each was decided on a revision that an earlier transaction wrote, so that the order of transactions is each machine's own order
 * here, too.
 */
export const COMMIT_EACH = `
  CREATE FUNCTION bmdemo.commit_each(changes jsonb) RETURNS jsonb LANGUAGE plpgsql AS $body$
  DECLARE
    free_machines text[];
    free_runs text[];
    change jsonb;
    answers jsonb := '[]';
    -- The row of a phase that bmdemo.commit_change counts in.
    mine CONSTANT integer := pg_backend_pid() % 32;
    phases CONSTANT text[] := ARRAY(
      SELECT DISTINCT t->>'phase' FROM jsonb_array_elements(changes) AS c, jsonb_array_elements(c->'tally') AS t ORDER BY 1);
  BEGIN
    LOCK TABLE bmdemo.leases IN ROW EXCLUSIVE MODE;
    WITH free AS (
      SELECT machine_id FROM bmdemo.aggregates
      WHERE machine_id = ANY (ARRAY(SELECT c->>'machineId' FROM jsonb_array_elements(changes) AS c))
      FOR NO KEY UPDATE SKIP LOCKED
    ) SELECT array_agg(machine_id) INTO free_machines FROM free;
    WITH free AS (
      SELECT run_id FROM bmdemo.leases
      WHERE run_id = ANY (ARRAY(SELECT c->'guard'->>'runId' FROM jsonb_array_elements(changes) AS c))
      FOR NO KEY UPDATE SKIP LOCKED
    ) SELECT array_agg(run_id) INTO free_runs FROM free;
    PERFORM 1 FROM bmdemo.scopes
      WHERE scope IN (
        SELECT unnest(l.slots) FROM bmdemo.leases AS l JOIN (
          SELECT r.id FROM jsonb_array_elements(changes) AS c, jsonb_to_recordset(c->'runs') AS r(id text, ended boolean)
          WHERE r.ended
        ) AS ending ON l.run_id = ending.id
        WHERE l.run_id = ANY (free_runs)
      )
      ORDER BY scope FOR UPDATE;
    INSERT INTO bmdemo.tallies (phase, slot, runs) SELECT phase, mine, 0 FROM unnest(phases) AS p(phase) ORDER BY phase
      ON CONFLICT (phase, slot) DO NOTHING;
    PERFORM 1 FROM bmdemo.tallies WHERE slot = mine AND phase = ANY (phases) ORDER BY phase FOR UPDATE;
    FOR change IN SELECT e.c FROM jsonb_array_elements(changes) WITH ORDINALITY AS e(c, place) ORDER BY e.place LOOP
      IF change->>'machineId' = ANY (free_machines) AND change->'guard'->>'runId' = ANY (free_runs) THEN
        answers := answers || jsonb_build_array(bmdemo.commit_change(change));
      ELSE
        answers := answers || '[{"kind": "busy"}]'::jsonb;
      END IF;
    END LOOP;
    RETURN answers;
  END
  $body$;
`;
