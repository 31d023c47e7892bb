/**
 * bmdemo.commit_each: changes of several machines, each by the owner of a run, in one transaction. Each has the answer that
 * bmdemo.commit_change has for it. Whoever holds a row of one machine keeps nobody else waiting, and nobody waits here while he
 * holds what others want: a change whose rows are not free at once is left out, and answered with busy.
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
  BEGIN
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
