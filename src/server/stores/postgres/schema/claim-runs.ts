/**
 * bmdemo.claim_runs: gives due runs to a server, each with the next fence of its machine, in one statement. Runs that another
 * claim or a commit has locked are skipped, never waited for. The row of the server is kept from going meanwhile: who was given
 * up by its peers claims nothing.
 *
 * @param create how it is made
 * @param settings under which it is carried out
 * @param first what is done before
 */
export const claimRuns = (create: 'CREATE' | 'CREATE OR REPLACE', settings: string, first: string): string => `
  ${create} FUNCTION bmdemo.claim_runs(
    me text, most integer, OUT claims jsonb, OUT next_due_at bigint, OUT time_now bigint
  ) LANGUAGE plpgsql ${settings} AS $body$
  BEGIN
    ${first}
    WITH member AS (
      SELECT instance FROM bmdemo.servers WHERE instance = me FOR KEY SHARE
    ), due AS (
      SELECT run_id, machine_id, due_at, created_at FROM bmdemo.leases
      WHERE owner IS NULL AND due_at <= bmdemo.now_ms() AND EXISTS (SELECT 1 FROM member)
      ORDER BY due_at, created_at, run_id
      LIMIT most
      FOR UPDATE SKIP LOCKED
    ), raised AS (
      INSERT INTO bmdemo.fences AS f SELECT machine_id, 1 FROM due
      ON CONFLICT (machine_id) DO UPDATE SET fence = f.fence + 1
      RETURNING machine_id, fence
    ), taken AS (
      UPDATE bmdemo.leases AS l SET owner = me, fence = raised.fence
      FROM due JOIN raised USING (machine_id)
      WHERE l.run_id = due.run_id
      RETURNING l.run_id, l.machine_id, l.fence, l.due_at, l.created_at
    )
    SELECT
      (SELECT jsonb_agg(jsonb_build_object('runId', run_id, 'machineId', machine_id, 'fence', fence)
         ORDER BY due_at, created_at, run_id) FROM taken),
      (SELECT due_at FROM bmdemo.leases AS l
         WHERE owner IS NULL AND due_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM taken WHERE taken.run_id = l.run_id)
         ORDER BY due_at LIMIT 1),
      bmdemo.now_ms()
      INTO claims, next_due_at, time_now;
  END
  $body$;
`;
