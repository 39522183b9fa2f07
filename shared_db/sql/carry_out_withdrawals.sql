-- Carries out what was judged about withdrawals, in one transaction: money, rows, lanes, attempts, inbox and
-- what a person decided together.
--
-- A step names the version of the row it was judged on. A worker's step names its lane's token as well; a webhook, a
-- cancel and a person name none, and raise it where the lane's head is meant, so that the worker's late write is refused.
-- One answer a step: 'done', 'stale' (judge again; nothing was done), or what the ledger said against it ('closed',
-- 'insufficient'; nothing was done). An attempt is kept whatever becomes of its step: the call was made.
-- Lock order: lanes by owner, withdrawals by id, balances by id.
CREATE OR REPLACE FUNCTION carry_out_withdrawals(p_steps jsonb)
RETURNS TABLE (place integer, outcome text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    steps CONSTANT integer := jsonb_array_length(p_steps);
    outcomes text[] := array_fill('done'::text, ARRAY[steps]);
    posted boolean[] := array_fill(false, ARRAY[steps]);
    places integer[] := '{}'; ids uuid[] := '{}'; refs text[] := '{}'; kinds text[] := '{}'; sources uuid[] := '{}';
    targets uuid[] := '{}'; amounts bigint[] := '{}'; holders uuid[] := '{}';
    step record; moved record; seen withdrawals; lane lanes; judged uuid[] := '{}';
    head_before uuid; head_after withdrawals; moment timestamptz;
BEGIN
    PERFORM 1 FROM lanes WHERE owner_id IN (SELECT (s ->> 'owner_id')::uuid FROM jsonb_array_elements(p_steps) s)
      ORDER BY owner_id FOR NO KEY UPDATE;
    PERFORM 1 FROM withdrawals WHERE id IN (SELECT (s ->> 'id')::uuid FROM jsonb_array_elements(p_steps) s)
      ORDER BY id FOR NO KEY UPDATE;

    FOR step IN SELECT s.number::integer AS at, (s.step ->> 'id')::uuid AS id, (s.step ->> 'owner_id')::uuid AS owner_id,
                       (s.step ->> 'version')::bigint AS version, (s.step ->> 'lane_token')::bigint AS lane_token,
                       s.step -> 'movements' AS movements
                  FROM jsonb_array_elements(p_steps) WITH ORDINALITY AS s (step, number)
    LOOP
        SELECT * INTO seen FROM withdrawals WHERE id = step.id;
        SELECT * INTO lane FROM lanes WHERE owner_id = step.owner_id;
        IF seen.version IS DISTINCT FROM step.version OR seen.owner_id <> step.owner_id
           OR step.lane_token <> lane.token OR step.id = ANY (judged) THEN
            outcomes[step.at] := 'stale';
            CONTINUE;
        END IF;
        judged := judged || step.id;
        FOR moved IN SELECT * FROM jsonb_to_recordset(step.movements)
                         AS m (id uuid, reference text, kind text, source uuid, target uuid, holder uuid,
                               amount_paise bigint)
        LOOP
            places := places || step.at; ids := ids || moved.id; refs := refs || moved.reference;
            kinds := kinds || moved.kind; sources := sources || moved.source; targets := targets || moved.target;
            -- The whole amount, where none is named.
            amounts := amounts || coalesce(moved.amount_paise, seen.amount_paise); holders := holders || moved.holder;
        END LOOP;
    END LOOP;

    IF array_length(ids, 1) > 0 THEN
        FOR moved IN SELECT places[t.number] AS at, t.outcome
                       FROM post_transfers(ids, refs, kinds, sources, targets, amounts, holders)
                            WITH ORDINALITY AS t (outcome, transfer_id, number)
        LOOP
            IF moved.outcome IN ('posted', 'duplicate') AND outcomes[moved.at] = 'done' THEN
                posted[moved.at] := true;
            ELSIF posted[moved.at] OR moved.outcome IN ('posted', 'duplicate') THEN
                -- No step may be half done. Its caller tries item by item, and this one fails alone.
                RAISE EXCEPTION 'a step was half refused: %', moved.outcome;
            ELSE
                outcomes[moved.at] := moved.outcome;
            END IF;
        END LOOP;
    END IF;

    moment := clock_timestamp();
    FOR step IN SELECT s.number::integer AS at, (s.step ->> 'id')::uuid AS id, (s.step ->> 'owner_id')::uuid AS owner_id,
                       (s.step ->> 'lane_token')::bigint AS lane_token, s.step -> 'after' AS after,
                       make_interval(secs => (s.step ->> 'wait_seconds')::double precision) AS wait
                  FROM jsonb_array_elements(p_steps) WITH ORDINALITY AS s (step, number)
    LOOP
        CONTINUE WHEN outcomes[step.at] <> 'done' OR step.after IS NULL OR step.after = 'null';
        SELECT * INTO lane FROM lanes WHERE owner_id = step.owner_id;
        head_before := (SELECT w.id FROM withdrawals w
             WHERE w.owner_id = step.owner_id
               AND (w.status IN ('queued', 'sending', 'unknown', 'needs_attention') OR w.doubted_at IS NOT NULL)
             ORDER BY w.number LIMIT 1);

        UPDATE withdrawals w
           SET status = r.status, next_call = r.next_call, sends = r.sends, first_sent_at = r.first_sent_at,
               last_sent_at = r.last_sent_at, tries = r.tries, acknowledged = r.acknowledged, refused = r.refused,
               doubted_at = r.doubted_at, correction = r.correction, utr = r.utr, reason = r.reason,
               settled_at = CASE WHEN r.status IN ('paid', 'failed', 'cancelled', 'reversed')
                                 THEN coalesce(w.settled_at, moment) ELSE w.settled_at END,
               version = w.version + 1
          FROM jsonb_populate_record(NULL::withdrawals, step.after) r
         WHERE w.id = step.id;

        SELECT * INTO head_after FROM withdrawals w
         WHERE w.owner_id = step.owner_id
           AND (w.status IN ('queued', 'sending', 'unknown', 'needs_attention') OR w.doubted_at IS NOT NULL)
         ORDER BY w.number LIMIT 1;
        UPDATE lanes l
           SET pending = (SELECT count(*) FROM withdrawals w
                           WHERE w.owner_id = step.owner_id
                             AND (w.status IN ('queued', 'sending', 'unknown', 'needs_attention')
                                  OR w.doubted_at IS NOT NULL)),
               bank = coalesce(head_after.bank, l.bank),
               -- A worker that holds the lane for another withdrawal goes on undisturbed.
               token = l.token + CASE WHEN step.lane_token IS NULL AND head_before = step.id THEN 1 ELSE 0 END,
               worker = CASE WHEN step.lane_token IS NOT NULL OR head_before = step.id THEN NULL ELSE l.worker END,
               next_at = CASE WHEN head_after.id = step.id AND (l.worker IS NULL OR step.lane_token IS NOT NULL
                                                                OR head_before = step.id) THEN moment + step.wait
                              WHEN head_before = step.id OR step.lane_token IS NOT NULL THEN moment
                              ELSE l.next_at END
         WHERE l.owner_id = step.owner_id;
    END LOOP;

    INSERT INTO withdrawal_attempts (id, withdrawal_id, bank, call, outcome, began_at, latency_ms, words)
    SELECT a.id, (s ->> 'id')::uuid, a.bank, a.call, a.outcome, a.began_at, a.latency_ms, a.words
      FROM jsonb_array_elements(p_steps) s
     CROSS JOIN LATERAL jsonb_populate_record(NULL::withdrawal_attempts, s -> 'attempt') a
     WHERE a.id IS NOT NULL
    ON CONFLICT (id) DO NOTHING;

    INSERT INTO bank_events (bank, event_id, type, subject, body, verdict, reason, received_at)
    SELECT e.bank, e.event_id, e.type, e.subject, e.body, e.verdict, e.reason, moment
      FROM jsonb_array_elements(p_steps) WITH ORDINALITY AS s (step, number)
     CROSS JOIN LATERAL jsonb_populate_record(NULL::bank_events, s.step -> 'event') e
     WHERE e.event_id IS NOT NULL AND outcomes[s.number] = 'done'
     ORDER BY e.event_id
    ON CONFLICT (bank, event_id) DO NOTHING;

    -- Decided twice at once: the second is refused here, and with it whatever it was about to move.
    INSERT INTO resolutions (id, kind, item, outcome, words, decided_by, decided_at, withdrawal_id, carried_out)
    SELECT r.id, r.kind, r.item, r.outcome, r.words, r.decided_by, moment, (s.step ->> 'id')::uuid, r.carried_out
      FROM jsonb_array_elements(p_steps) WITH ORDINALITY AS s (step, number)
     CROSS JOIN LATERAL jsonb_populate_record(NULL::resolutions, s.step -> 'resolution') r
     WHERE r.id IS NOT NULL AND outcomes[s.number] = 'done';

    RETURN QUERY SELECT u.number::integer - 1, u.outcome FROM unnest(outcomes) WITH ORDINALITY AS u (outcome, number);
END $$;
