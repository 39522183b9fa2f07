-- Withdrawals as people ask for them: hold the money, and put each at the end of its owner's lane, in one transaction.
--
-- 1. lock the lanes of all owners, in id order: numbers are given in the order in which they are committed
-- 2. hold through the ledger, which decides each one alone
-- 3. write what was held
-- The transfer that holds has the withdrawal's id, so whoever asks again under a reference finds it.
-- While outgoing money is stopped nothing new is held ('stopped'); what stands already is found all the same.
-- Lock order: lanes by owner, then balances by id.
CREATE OR REPLACE FUNCTION request_withdrawals(
    p_ids uuid[], p_references text[], p_owners uuid[], p_in_flight uuid[], p_banks text[],
    p_account_numbers text[], p_ifscs text[], p_amounts bigint[], p_correlation_ids text[]
) RETURNS TABLE (outcome text, withdrawal_id uuid) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    n CONSTANT integer := coalesce(array_length(p_ids, 1), 0);
    outcomes text[]; ids uuid[]; moment timestamptz;
BEGIN
    IF outgoing_is_stopped() THEN
        RETURN QUERY
        SELECT CASE WHEN x.id IS NULL THEN 'stopped'
                    WHEN (x.kind, x.source_id, x.target_id, x.amount_paise) = ('hold', i.owner, i.in_flight, i.amount)
                    THEN 'duplicate' ELSE 'conflict' END, x.id
          FROM unnest(p_references, p_owners, p_in_flight, p_amounts) WITH ORDINALITY
               AS i (reference, owner, in_flight, amount, place)
          LEFT JOIN transfers x ON x.reference = i.reference ORDER BY i.place;
        RETURN;
    END IF;

    INSERT INTO lanes (owner_id, bank, pending, last_number, next_at, token)
    SELECT b.account_id, '', 0, 0, clock_timestamp(), 0 FROM balances b
     WHERE b.account_id = ANY (p_owners) ORDER BY b.account_id
    ON CONFLICT DO NOTHING;
    PERFORM 1 FROM lanes WHERE owner_id = ANY (p_owners) ORDER BY owner_id FOR NO KEY UPDATE;

    SELECT array_agg(t.outcome ORDER BY t.place), array_agg(t.transfer_id ORDER BY t.place) INTO outcomes, ids
      FROM post_transfers(p_ids, p_references, array_fill('hold'::text, ARRAY[n]), p_owners, p_in_flight, p_amounts,
                          array_fill(NULL::uuid, ARRAY[n])) WITH ORDINALITY AS t (outcome, transfer_id, place);
    moment := clock_timestamp();

    INSERT INTO withdrawals (id, owner_id, number, bank, account_number, ifsc, amount_paise, status, next_call, sends,
                             tries, acknowledged, refused, correction, correlation_id, created_at, version)
    SELECT i.id, i.owner, l.last_number + row_number() OVER (PARTITION BY i.owner ORDER BY i.place), i.bank,
           i.account_number, i.ifsc, i.amount, 'queued', 'send', 0, 0, false, false, 'none', i.correlation_id, moment, 0
      FROM unnest(p_ids, p_owners, p_banks, p_account_numbers, p_ifscs, p_amounts, p_correlation_ids, outcomes)
           WITH ORDINALITY AS i (id, owner, bank, account_number, ifsc, amount, correlation_id, result, place)
      JOIN lanes l ON l.owner_id = i.owner
     WHERE i.result = 'posted';

    UPDATE lanes l
       SET pending = l.pending + a.added, last_number = l.last_number + a.added,
           bank = CASE WHEN l.pending = 0 THEN a.first_bank ELSE l.bank END,
           next_at = CASE WHEN l.pending = 0 THEN moment ELSE l.next_at END
      FROM (SELECT i.owner, count(*)::integer AS added, (array_agg(i.bank ORDER BY i.place))[1] AS first_bank
              FROM unnest(p_owners, p_banks, outcomes) WITH ORDINALITY AS i (owner, bank, result, place)
             WHERE i.result = 'posted' GROUP BY i.owner) a
     WHERE l.owner_id = a.owner;

    RETURN QUERY SELECT u.outcome, u.id FROM unnest(outcomes, ids) WITH ORDINALITY AS u (outcome, id, place)
                  ORDER BY u.place;
END $$;
