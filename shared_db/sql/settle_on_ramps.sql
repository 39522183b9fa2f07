-- Carries out what was judged about payments being added, in one transaction: credits, rows and inbox together.
--
-- Each step was judged on a row read without a lock, and names the version it read. Here the rows are locked, in id
-- order, and a step whose row has changed meanwhile does nothing and answers 'stale': its caller reads and judges
-- again. A step says how the whole row shall stand; a credit takes amount and owner from our own row and from
-- nowhere else.
--
-- Answers with the places of the steps that were not done, and why: 'stale', or what the ledger said against the
-- credit ('closed'). Nothing of such a step was done. Lock order: on-ramps by id, then balances by id.
CREATE OR REPLACE FUNCTION settle_on_ramps(p_on_ramps uuid[], p_steps jsonb)
RETURNS TABLE (place integer, outcome text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    stale integer[];
    refused integer[] := '{}'; refusals text[] := '{}';
    places integer[]; ids uuid[]; refs text[]; kinds text[]; sources uuid[]; targets uuid[]; amounts bigint[];
    holders uuid[];
BEGIN
    PERFORM 1 FROM on_ramps WHERE id = ANY (p_on_ramps) ORDER BY id FOR NO KEY UPDATE;

    -- A statement of its own: it sees what the lock waited for.
    SELECT coalesce(array_agg(m.place) FILTER (WHERE NOT m.fresh), '{}'),
           array_agg(m.place) FILTER (WHERE m.pays), array_agg(m.transfer_id) FILTER (WHERE m.pays),
           array_agg('on_ramp:' || m.id) FILTER (WHERE m.pays), array_agg('on_ramp'::text) FILTER (WHERE m.pays),
           array_agg(m.source) FILTER (WHERE m.pays), array_agg(m.user_id) FILTER (WHERE m.pays),
           array_agg(m.amount_paise) FILTER (WHERE m.pays), array_agg(NULL::uuid) FILTER (WHERE m.pays)
      INTO stale, places, ids, refs, kinds, sources, targets, amounts, holders
      FROM (SELECT s.place, s.transfer_id, s.source, o.id, o.user_id, o.amount_paise, o.version = s.version AS fresh,
                   o.version = s.version AND s.transfer_id IS NOT NULL AS pays
              FROM jsonb_to_recordset(p_steps) AS s (
                   place integer, on_ramp_id uuid, version bigint, transfer_id uuid, source uuid)
              JOIN on_ramps o ON o.id = s.on_ramp_id
             WHERE o.id = ANY (p_on_ramps)) m;

    IF places IS NOT NULL THEN
        SELECT coalesce(array_agg(places[t.number]), '{}'), coalesce(array_agg(t.outcome), '{}')
          INTO refused, refusals
          FROM post_transfers(ids, refs, kinds, sources, targets, amounts, holders)
               WITH ORDINALITY AS t (outcome, transfer_id, number)
         WHERE t.outcome NOT IN ('posted', 'duplicate');
    END IF;

    UPDATE on_ramps o
       SET status = s.status, bank_reference = s.bank_reference, settled_at = s.settled_at,
           rejected_at = s.rejected_at, late_success_at = s.late_success_at,
           refund_decided_at = s.refund_decided_at, refund_heard_at = s.refund_heard_at,
           next_enquiry_at = s.next_enquiry_at, version = o.version + 1
      FROM jsonb_to_recordset(p_steps) AS s (
           place integer, on_ramp_id uuid, status text, bank_reference text, settled_at timestamptz,
           rejected_at timestamptz, late_success_at timestamptz, refund_decided_at timestamptz,
           refund_heard_at timestamptz, next_enquiry_at timestamptz)
     WHERE o.id = ANY (p_on_ramps) AND o.id = s.on_ramp_id AND s.status IS NOT NULL
       AND s.place <> ALL (stale) AND s.place <> ALL (refused);

    INSERT INTO bank_events (bank, event_id, type, subject, on_ramp_id, body, verdict, reason, received_at)
    SELECT s.bank, s.event_id, s.type, s.subject, s.on_ramp_id, s.body, s.verdict, s.reason, clock_timestamp()
      FROM jsonb_to_recordset(p_steps) AS s (
           place integer, on_ramp_id uuid, bank text, event_id text, type text, subject text, body text,
           verdict text, reason text)
     WHERE s.event_id IS NOT NULL AND s.place <> ALL (stale) AND s.place <> ALL (refused)
     ORDER BY s.event_id
    ON CONFLICT (bank, event_id) DO NOTHING;

    RETURN QUERY SELECT unnest(stale), 'stale' UNION ALL SELECT unnest(refused), unnest(refusals);
END $$;
