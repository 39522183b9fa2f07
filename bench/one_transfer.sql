-- The yardstick of `bench ledger`: what one writes who posts one transfer a transaction and wants the same rules.
-- Locks in id order, references, frozen and closed wallets, funds, the day's limit and totals, running numbers.
CREATE OR REPLACE FUNCTION one_transfer(
    p_id uuid, p_reference text, p_source uuid, p_target uuid, p_amount bigint, p_note text, p_day_limit bigint
) RETURNS TABLE (outcome text, transfer_id uuid) LANGUAGE plpgsql AS $$
DECLARE
    payer balances; payee balances; one balances; standing transfers; spent bigint; moment timestamptz; today date;
BEGIN
    FOR one IN SELECT * FROM balances b WHERE b.account_id IN (p_source, p_target)
                ORDER BY b.account_id FOR NO KEY UPDATE LOOP
        IF one.account_id = p_source THEN
            payer := one;
        ELSE
            payee := one;
        END IF;
    END LOOP;
    SELECT * INTO standing FROM transfers t WHERE t.reference = p_reference;
    IF FOUND THEN
        RETURN QUERY SELECT CASE
            WHEN (standing.kind, standing.source_id, standing.target_id, standing.amount_paise)
                 = ('send', p_source, p_target, p_amount) THEN 'duplicate'
            ELSE 'conflict' END, standing.id;
        RETURN;
    END IF;
    moment := clock_timestamp();
    today := (moment AT TIME ZONE 'Asia/Kolkata')::date;
    SELECT d.debits_paise INTO spent FROM daily_totals d
     WHERE d.account_id = p_source AND d.day = today AND d.kind = 'send';
    outcome := CASE
        WHEN payer.account_id IS NULL OR payee.account_id IS NULL OR p_source = p_target THEN 'unknown_account'
        WHEN payer.closed_at IS NOT NULL OR payee.closed_at IS NOT NULL THEN 'closed'
        WHEN coalesce(spent, 0) + p_amount > p_day_limit THEN 'day_limit'
        WHEN payer.frozen_at IS NOT NULL THEN 'frozen'
        WHEN payer.balance_paise < p_amount THEN 'insufficient'
        ELSE 'posted' END;
    IF outcome <> 'posted' THEN
        RETURN NEXT;
        RETURN;
    END IF;
    INSERT INTO transfers (id, reference, kind, source_id, target_id, amount_paise, note, created_at)
    VALUES (p_id, p_reference, 'send', p_source, p_target, p_amount, p_note, moment);
    UPDATE balances SET balance_paise = balance_paise - p_amount, last_number = last_number + 1
     WHERE account_id = p_source;
    UPDATE balances SET balance_paise = balance_paise + p_amount, last_number = last_number + 1
     WHERE account_id = p_target;
    INSERT INTO entries (account_id, number, transfer_id, amount_paise, balance_after_paise, created_at)
    VALUES (p_source, payer.last_number + 1, p_id, -p_amount, payer.balance_paise - p_amount, moment),
           (p_target, payee.last_number + 1, p_id, p_amount, payee.balance_paise + p_amount, moment);
    INSERT INTO daily_totals AS total
           (account_id, day, kind, transfers, credits_paise, debits_paise, closing_paise, last_number)
    VALUES (p_source, today, 'send', 1, 0, p_amount, payer.balance_paise - p_amount, payer.last_number + 1),
           (p_target, today, 'send', 1, p_amount, 0, payee.balance_paise + p_amount, payee.last_number + 1)
    ON CONFLICT ON CONSTRAINT daily_totals_pkey DO UPDATE
       SET transfers = total.transfers + 1, credits_paise = total.credits_paise + EXCLUDED.credits_paise,
           debits_paise = total.debits_paise + EXCLUDED.debits_paise, closing_paise = EXCLUDED.closing_paise,
           last_number = EXCLUDED.last_number;
    transfer_id := p_id;
    RETURN NEXT;
END $$;
