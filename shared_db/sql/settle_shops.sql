-- The settlements of shops whose hour has come, each decided alone, in one transaction.
--
-- 1. lock the lanes of all owners, then their balances, in id order: what is left above the minimum stays so
-- 2. decide: a closed or frozen shop, one whose account is gone, or one with nothing above its minimum settles nothing
-- 3. ask for the withdrawals under `settlement:<merchant>:<Kolkata day>`, so that a day has one, whoever asks how often
-- 4. write which entries each covers: from behind the last settlement's to its own hold's. Both locks are held, so no
--    entry comes between, and every payment belongs to exactly one
-- 5. write when each plan's next turn is, and what became of this one
--
-- The caller holds the plans' locks. p_days: NULL where the day is over and nothing is made up for any more.
-- p_in_flight: the account of each of p_banks that holds what is on its way there.
-- While outgoing money is stopped nothing is held ('stopped'), and the plan stays due.
-- Lock order: plans, lanes by owner, then balances by id.
CREATE OR REPLACE FUNCTION settle_shops(
    p_merchants uuid[], p_days date[], p_nexts timestamptz[], p_ids uuid[], p_at timestamptz, p_banks text[],
    p_in_flight uuid[], p_correlation_id text
) RETURNS TABLE (merchant_id uuid, outcome text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    n CONSTANT integer := coalesce(array_length(p_merchants, 1), 0);
    outcomes text[]; amounts bigint[]; banks text[]; account_numbers text[]; ifscs text[];
    places integer[]; said text[]; found uuid[];
BEGIN
    INSERT INTO lanes (owner_id, bank, pending, last_number, next_at, token)
    SELECT b.account_id, '', 0, 0, clock_timestamp(), 0 FROM balances b
     WHERE b.account_id = ANY (p_merchants) ORDER BY b.account_id
    ON CONFLICT DO NOTHING;
    PERFORM 1 FROM lanes WHERE owner_id = ANY (p_merchants) ORDER BY owner_id FOR NO KEY UPDATE;
    PERFORM 1 FROM balances WHERE account_id = ANY (p_merchants) ORDER BY account_id FOR NO KEY UPDATE;

    SELECT array_agg(CASE WHEN b.closed_at IS NOT NULL THEN 'closed'
                          WHEN i.day IS NULL THEN 'missed'
                          WHEN b.frozen_at IS NOT NULL THEN 'frozen'
                          WHEN a.id IS NULL OR array_position(p_banks, a.bank) IS NULL THEN 'no_account'
                          WHEN b.balance_paise <= p.keep_paise THEN 'nothing'
                          ELSE 'settled' END ORDER BY i.place),
           array_agg(b.balance_paise - p.keep_paise ORDER BY i.place), array_agg(a.bank ORDER BY i.place),
           array_agg(a.account_number ORDER BY i.place), array_agg(a.ifsc ORDER BY i.place)
      INTO outcomes, amounts, banks, account_numbers, ifscs
      FROM unnest(p_merchants, p_days) WITH ORDINALITY AS i (merchant, day, place)
      JOIN settlement_plans p ON p.merchant_id = i.merchant
      JOIN balances b ON b.account_id = i.merchant
      LEFT JOIN saved_accounts a ON a.id = p.saved_account_id AND a.owner_id = i.merchant;

    SELECT array_agg(i.place::integer ORDER BY i.place) INTO places
      FROM unnest(outcomes) WITH ORDINALITY AS i (outcome, place) WHERE i.outcome = 'settled';
    IF places IS NOT NULL THEN
        SELECT array_agg(w.outcome ORDER BY w.place), array_agg(w.withdrawal_id ORDER BY w.place) INTO said, found
          FROM (SELECT array_agg(p_ids[x] ORDER BY x) AS ids, array_agg(p_merchants[x] ORDER BY x) AS owners,
                       array_agg('settlement:' || p_merchants[x] || ':' || p_days[x] ORDER BY x) AS refs,
                       array_agg(p_in_flight[array_position(p_banks, banks[x])] ORDER BY x) AS flights,
                       array_agg(banks[x] ORDER BY x) AS banks, array_agg(account_numbers[x] ORDER BY x) AS accounts,
                       array_agg(ifscs[x] ORDER BY x) AS ifscs, array_agg(amounts[x] ORDER BY x) AS amounts,
                       array_agg(p_correlation_id ORDER BY x) AS correlations
                  FROM unnest(places) AS x) r
         CROSS JOIN LATERAL request_withdrawals(r.ids, r.refs, r.owners, r.flights, r.banks, r.accounts, r.ifscs,
                                                r.amounts, r.correlations)
               WITH ORDINALITY AS w (outcome, withdrawal_id, place);
        FOR i IN 1..cardinality(places) LOOP
            -- 'duplicate' or 'conflict': that day has its settlement already.
            outcomes[places[i]] := CASE said[i] WHEN 'posted' THEN 'settled' ELSE said[i] END;
        END LOOP;

        INSERT INTO settlements (id, merchant_id, day, first_number, last_number, carried_paise, amount_paise,
                                 kept_paise, created_at)
        SELECT p_ids[x], p_merchants[x], p_days[x], coalesce(l.last_number, 0) + 1, e.number,
               coalesce(l.kept_paise, 0), amounts[x], e.balance_after_paise, e.created_at
          FROM unnest(places) AS x
          JOIN transfers t ON t.id = p_ids[x]
          JOIN entries e ON e.transfer_id = t.id AND e.account_id = p_merchants[x]
          LEFT JOIN LATERAL (SELECT s.last_number, s.kept_paise FROM settlements s
                              WHERE s.merchant_id = p_merchants[x] ORDER BY s.first_number DESC LIMIT 1) l ON true
         WHERE outcomes[x] = 'settled';
    END IF;

    UPDATE settlement_plans p
       SET next_at = CASE i.outcome WHEN 'closed' THEN NULL ELSE i.next END,
           last_turn = CASE WHEN i.outcome IN ('duplicate', 'conflict') THEN p.last_turn ELSE i.outcome END,
           -- What was missed belongs to the day on which it was due, which is over by now.
           last_turn_at = CASE WHEN i.outcome IN ('duplicate', 'conflict') THEN p.last_turn_at
                               WHEN i.outcome = 'missed' THEN p.next_at ELSE p_at END
      FROM unnest(p_merchants, outcomes, p_nexts) AS i (merchant, outcome, next)
     WHERE p.merchant_id = i.merchant AND i.outcome <> 'stopped';

    RETURN QUERY SELECT u.merchant, u.outcome FROM unnest(p_merchants, outcomes) AS u (merchant, outcome);
END $$;
