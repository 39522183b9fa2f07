-- Carries out what was judged about payments being added, in one transaction: credits, rows and inbox together.
--
-- Each step was judged on a row read without a lock, and names the version it read; or on no row at all, assuming a
-- payment nobody has spoken of yet, with this token, amount and owner. Here the rows are locked, in id order, and a
-- step whose row does not stand so does nothing and answers 'stale': its caller reads and judges again. A step says
-- how the whole row shall stand; a credit takes amount and owner from our own row and from nowhere else.
--
-- One answer a step: 'done', 'stale', or what the ledger said against the credit ('closed'); only of a 'done' step
-- anything was done. Lock order: on-ramps by id, then balances by id.
CREATE OR REPLACE FUNCTION settle_on_ramps(p_on_ramps uuid[], p_tokens text[], p_steps jsonb)
RETURNS TABLE (place integer, outcome text, on_ramp_id text, correlation_id text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    on_ramps_meant uuid[];
    outcomes text[]; correlation_ids text[];
    refused integer[]; refusals text[];
    places integer[]; ids uuid[]; refs text[]; kinds text[]; sources uuid[]; targets uuid[]; amounts bigint[];
    holders uuid[];
BEGIN
    PERFORM 1 FROM on_ramps WHERE id = ANY (p_on_ramps) OR token = ANY (p_tokens) ORDER BY id FOR NO KEY UPDATE;

    -- A statement of its own: it sees what the lock waited for.
    SELECT array_agg(CASE WHEN m.fresh THEN 'done' ELSE 'stale' END ORDER BY m.place),
           array_agg(m.id ORDER BY m.place), array_agg(m.correlation_id ORDER BY m.place),
           array_agg(m.place) FILTER (WHERE m.pays), array_agg(m.transfer_id) FILTER (WHERE m.pays),
           array_agg('on_ramp:' || m.id) FILTER (WHERE m.pays), array_agg('on_ramp'::text) FILTER (WHERE m.pays),
           array_agg(m.source) FILTER (WHERE m.pays), array_agg(m.user_id) FILTER (WHERE m.pays),
           array_agg(m.amount_paise) FILTER (WHERE m.pays), array_agg(NULL::uuid) FILTER (WHERE m.pays)
      INTO outcomes, on_ramps_meant, correlation_ids, places, ids, refs, kinds, sources, targets, amounts, holders
      FROM (SELECT s.place, s.transfer_id, s.source, o.id, o.user_id, o.amount_paise, o.correlation_id, f.fresh,
                   f.fresh AND s.transfer_id IS NOT NULL AS pays
              FROM jsonb_to_recordset(p_steps) AS s (
                   place integer, on_ramp_id uuid, token text, bank_asked text, version bigint, amount_paise bigint,
                   user_identifier text, transfer_id uuid, source uuid)
              LEFT JOIN on_ramps o ON o.id = coalesce(s.on_ramp_id, (
                   SELECT x.id FROM on_ramps x WHERE x.token = s.token AND x.bank = s.bank_asked))
             CROSS JOIN LATERAL (
                   SELECT s.version IS NULL
                       OR o.id IS NOT NULL AND o.version = s.version
                          AND (s.amount_paise IS NULL
                               OR o.amount_paise = s.amount_paise AND o.user_id::text = s.user_identifier
                                  AND o.status = 'pending' AND o.rejected_at IS NULL AND o.late_success_at IS NULL
                                  AND o.refund_decided_at IS NULL)) f (fresh)) m;

    IF places IS NOT NULL THEN
        SELECT array_agg(places[t.number]), array_agg(t.outcome) INTO refused, refusals
          FROM post_transfers(ids, refs, kinds, sources, targets, amounts, holders)
               WITH ORDINALITY AS t (outcome, transfer_id, number)
         WHERE t.outcome NOT IN ('posted', 'duplicate');
        FOR i IN 1..coalesce(array_length(refused, 1), 0) LOOP
            outcomes[refused[i] + 1] := refusals[i];
        END LOOP;
    END IF;

    UPDATE on_ramps o
       SET status = s.status, bank_reference = s.bank_reference, settled_at = s.settled_at,
           rejected_at = s.rejected_at, late_success_at = s.late_success_at,
           refund_decided_at = s.refund_decided_at, refund_heard_at = s.refund_heard_at,
           next_enquiry_at = s.next_enquiry_at, version = o.version + 1
      FROM jsonb_to_recordset(p_steps) AS s (
           place integer, status text, bank_reference text, settled_at timestamptz, rejected_at timestamptz,
           late_success_at timestamptz, refund_decided_at timestamptz, refund_heard_at timestamptz,
           next_enquiry_at timestamptz)
     WHERE o.id = ANY (on_ramps_meant) AND o.id = on_ramps_meant[s.place + 1] AND s.status IS NOT NULL
       AND outcomes[s.place + 1] = 'done';

    INSERT INTO bank_events (bank, event_id, type, subject, on_ramp_id, body, verdict, reason, received_at)
    SELECT s.bank, s.event_id, s.type, s.subject, on_ramps_meant[s.place + 1], s.body, s.verdict, s.reason,
           clock_timestamp()
      FROM jsonb_to_recordset(p_steps) AS s (
           place integer, bank text, event_id text, type text, subject text, body text, verdict text, reason text)
     WHERE s.event_id IS NOT NULL AND outcomes[s.place + 1] = 'done'
     ORDER BY s.event_id
    ON CONFLICT (bank, event_id) DO NOTHING;

    RETURN QUERY SELECT u.number::integer - 1, u.outcome, u.id::text, u.correlation_id
                   FROM unnest(outcomes, on_ramps_meant, correlation_ids) WITH ORDINALITY
                        AS u (outcome, id, correlation_id, number);
END $$;
