/**
 * bmdemo.commit_on_basis: bmdemo.commit_change of what was decided on other machines as well, which have to be as they were then. All
 * are locked in the order of their ids, as everybody locks them who locks several: two that are decided on each other's machine do
 * not wait for each other in a circle, and the second one sees what the first has done.
 */
export const COMMIT_ON_BASIS = `
  CREATE FUNCTION bmdemo.commit_on_basis(change jsonb, basis jsonb) RETURNS jsonb LANGUAGE plpgsql AS $body$
  BEGIN
    PERFORM 1 FROM bmdemo.aggregates
      WHERE machine_id = change->>'machineId'
        OR machine_id IN (SELECT b."machineId" FROM jsonb_to_recordset(basis) AS b("machineId" text))
      ORDER BY machine_id FOR NO KEY UPDATE;
    IF EXISTS (
      SELECT 1 FROM jsonb_to_recordset(basis) AS b("machineId" text, revision bigint)
        LEFT JOIN bmdemo.aggregates AS a ON a.machine_id = b."machineId"
      WHERE coalesce(a.revision, 0) <> b.revision
    ) THEN
      RETURN jsonb_build_object('kind', 'conflict');
    END IF;
    RETURN bmdemo.commit_change(change);
  END
  $body$;
`;
