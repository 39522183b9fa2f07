-- Carries out what was judged about payments being added, in one transaction: credits, rows and inbox together.
--
-- Each step was judged on a row read without a lock, so it says how it saw the row. Here the rows are locked, in
-- id order, and a step whose row stands differently by now does nothing and answers 'stale': its caller reads and
-- judges again. A credit takes the amount and the owner from our own row and from nowhere else.
--
-- Answers for each step: 'done', 'stale', or why the ledger refused the credit ('closed'); then nothing of the step
-- was done. Lock order: on-ramps by id, then balances by id (in post_transfers).
CREATE OR REPLACE FUNCTION settle_on_ramps(p_steps jsonb)
RETURNS TABLE (place integer, outcome text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    rows_meant uuid[];
    stale integer[];
    refused integer[] := '{}'; refusals text[] := '{}';
    places integer[]; ids uuid[]; refs text[]; kinds text[]; sources uuid[]; targets uuid[]; amounts bigint[];
    holders uuid[];
BEGIN
    SELECT coalesce(array_agg(s.on_ramp_id), '{}') INTO rows_meant
      FROM jsonb_to_recordset(p_steps) AS s (on_ramp_id uuid) WHERE s.on_ramp_id IS NOT NULL;

    PERFORM 1 FROM on_ramps WHERE id = ANY (rows_meant) ORDER BY id FOR NO KEY UPDATE;

    -- A statement of its own: it sees what the lock waited for.
    SELECT coalesce(array_agg(s.place), '{}') INTO stale
      FROM jsonb_to_recordset(p_steps) AS s (place integer, on_ramp_id uuid, seen_status text, seen_rejected boolean)
      JOIN on_ramps o ON o.id = s.on_ramp_id
     WHERE o.id = ANY (rows_meant)
       AND (o.status <> s.seen_status OR (o.rejected_at IS NOT NULL) <> s.seen_rejected);

    SELECT array_agg(s.place), array_agg(s.transfer_id), array_agg('on_ramp:' || o.id), array_agg('on_ramp'::text),
           array_agg(s.source), array_agg(o.user_id), array_agg(o.amount_paise), array_agg(NULL::uuid)
      INTO places, ids, refs, kinds, sources, targets, amounts, holders
      FROM jsonb_to_recordset(p_steps) AS s (place integer, on_ramp_id uuid, transfer_id uuid, source uuid)
      JOIN on_ramps o ON o.id = s.on_ramp_id
     WHERE o.id = ANY (rows_meant) AND s.transfer_id IS NOT NULL AND s.place <> ALL (stale);

    IF places IS NOT NULL THEN
        SELECT coalesce(array_agg(places[t.number]), '{}'), coalesce(array_agg(t.outcome), '{}')
          INTO refused, refusals
          FROM post_transfers(ids, refs, kinds, sources, targets, amounts, holders)
               WITH ORDINALITY AS t (outcome, transfer_id, number)
         WHERE t.outcome NOT IN ('posted', 'duplicate');
    END IF;

    UPDATE on_ramps o
       SET status = s.status,
           bank_reference = coalesce(s.bank_reference, o.bank_reference),
           settled_at = CASE WHEN s.settled THEN clock_timestamp() ELSE o.settled_at END,
           rejected_at = CASE WHEN s.rejected THEN clock_timestamp() ELSE o.rejected_at END,
           late_success_at = CASE WHEN s.late_success THEN clock_timestamp()
                                  WHEN NOT s.late_success THEN NULL ELSE o.late_success_at END,
           refund_requested_at = CASE WHEN s.refund_requested THEN clock_timestamp() ELSE o.refund_requested_at END,
           next_enquiry_at = s.next_enquiry_at
      FROM jsonb_to_recordset(p_steps) AS s (
           place integer, on_ramp_id uuid, touches boolean, status text, bank_reference text, settled boolean,
           rejected boolean, late_success boolean, refund_requested boolean, next_enquiry_at timestamptz)
     WHERE o.id = ANY (rows_meant) AND o.id = s.on_ramp_id AND s.touches AND s.place <> ALL (stale) AND s.place <> ALL (refused);

    INSERT INTO bank_events (bank, event_id, type, subject, on_ramp_id, body, verdict, reason, received_at)
    SELECT s.bank, s.event_id, s.type, s.subject, s.on_ramp_id, s.body, s.verdict, s.reason, clock_timestamp()
      FROM jsonb_to_recordset(p_steps) AS s (
           place integer, on_ramp_id uuid, bank text, event_id text, type text, subject text, body text,
           verdict text, reason text)
     WHERE s.event_id IS NOT NULL AND s.place <> ALL (stale) AND s.place <> ALL (refused)
    ON CONFLICT (bank, event_id) DO NOTHING;

    RETURN QUERY
    SELECT s.place, CASE WHEN s.place = ANY (stale) THEN 'stale'
                         ELSE coalesce(refusals[array_position(refused, s.place)], 'done') END
      FROM jsonb_to_recordset(p_steps) AS s (place integer);
END $$;
