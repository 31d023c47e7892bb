/**
 * bmdemo.append_logs: batches of log lines in one round trip. The bytes of all lines come as one value and are cut here: as an
 * array of their own they would travel in hexadecimal. Leases are locked in the order of run ids, and shared, so that writers of
 * logs wait for nobody but who takes the run away.
 *
 * bmdemo.drop_log_middle: takes the oldest lines of the tail away until it fits its budget again; the newest always stays.
 */
export const APPEND_LOGS = `
  CREATE FUNCTION bmdemo.drop_log_middle(
    target text, max_lines bigint, max_bytes bigint, INOUT size bmdemo.log_sizes
  ) LANGUAGE plpgsql AS $body$
  DECLARE
    line record;
  BEGIN
    FOR line IN
      SELECT sequence, at, step, attempt, length(data) AS bytes FROM bmdemo.logs
      WHERE run_id = target AND sequence > greatest(size.head_lines, size.gap_last) ORDER BY sequence
    LOOP
      EXIT WHEN size.tail_lines <= 1 OR (size.tail_lines <= max_lines AND size.tail_bytes <= max_bytes);
      size.tail_lines := size.tail_lines - 1;
      size.tail_bytes := size.tail_bytes - line.bytes;
      size.gap_lines := size.gap_lines + 1;
      size.gap_last := line.sequence;
      size.gap_at := line.at;
      size.gap_step := line.step;
      size.gap_attempt := line.attempt;
    END LOOP;
    DELETE FROM bmdemo.logs WHERE run_id = target AND sequence > size.head_lines AND sequence <= size.gap_last;
  END
  $body$;

  CREATE FUNCTION bmdemo.append_logs(batches jsonb, bytes bytea, budget jsonb) RETURNS jsonb LANGUAGE plpgsql AS $body$
  DECLARE
    batch record;
    line record;
    size bmdemo.log_sizes;
    active boolean;
    refused text[] := '{}';
    grown text[] := '{}';
    told boolean := false;
  BEGIN
    FOR batch IN
      SELECT * FROM ROWS FROM (jsonb_to_recordset(batches) AS ("runId" text, owner text, fence bigint, progress text,
        lines jsonb)) WITH ORDINALITY AS b("runId", owner, fence, progress, lines, place)
      ORDER BY "runId", place
    LOOP
      SELECT due_at IS NOT NULL INTO active FROM bmdemo.leases
        WHERE run_id = batch."runId" AND owner = batch.owner AND fence = batch.fence FOR SHARE;
      IF NOT FOUND THEN
        refused := refused || batch."runId";
        CONTINUE;
      END IF;
      IF batch.progress IS NOT NULL AND active THEN
        told := true;
        INSERT INTO bmdemo.progress VALUES (batch."runId", pg_current_xact_id(), batch.progress)
          ON CONFLICT (run_id) DO UPDATE SET changed = excluded.changed, progress = excluded.progress;
      END IF;
      CONTINUE WHEN jsonb_array_length(batch.lines) = 0;
      grown := grown || batch."runId";
      INSERT INTO bmdemo.log_sizes VALUES (batch."runId", 0, 0, 0, false, 0, 0, 0, 0, 0, '', 0, pg_current_xact_id())
        ON CONFLICT (run_id) DO UPDATE SET changed = excluded.changed;
      SELECT * INTO size FROM bmdemo.log_sizes WHERE run_id = batch."runId";
      INSERT INTO bmdemo.logs
        SELECT batch."runId", size.last + l.place, l.at, l.stream, l.step, l.attempt,
          substring(bytes FROM l.start + 1 FOR l.length)
        FROM ROWS FROM (jsonb_to_recordset(batch.lines) AS (at bigint, stream text, step text, attempt integer,
          start integer, length integer)) WITH ORDINALITY AS l(at, stream, step, attempt, start, length, place);
      FOR line IN SELECT length FROM jsonb_to_recordset(batch.lines) AS l(length integer) LOOP
        size.last := size.last + 1;
        size.head_full := size.head_full OR size.head_lines >= (budget->>'headLines')::bigint
          OR size.head_bytes + line.length > (budget->>'headBytes')::bigint;
        IF size.head_full THEN
          size.tail_lines := size.tail_lines + 1;
          size.tail_bytes := size.tail_bytes + line.length;
        ELSE
          size.head_lines := size.head_lines + 1;
          size.head_bytes := size.head_bytes + line.length;
        END IF;
      END LOOP;
      IF size.tail_lines > (budget->>'tailLines')::bigint OR size.tail_bytes > (budget->>'tailBytes')::bigint THEN
        size := bmdemo.drop_log_middle(batch."runId", (budget->>'tailLines')::bigint,
          (budget->>'tailBytes')::bigint, size);
      END IF;
      UPDATE bmdemo.log_sizes SET last = size.last, head_lines = size.head_lines, head_bytes = size.head_bytes,
        head_full = size.head_full, tail_lines = size.tail_lines, tail_bytes = size.tail_bytes,
        gap_last = size.gap_last, gap_lines = size.gap_lines, gap_at = size.gap_at, gap_step = size.gap_step,
        gap_attempt = size.gap_attempt
        WHERE run_id = batch."runId";
    END LOOP;
    RETURN jsonb_build_object('refused', to_jsonb(refused), 'grown', to_jsonb(grown), 'told', told);
  END
  $body$;
`;
