-- What is wrong with one entry, in words, or NULL. `stands` is its transfer; number and balance before are those of its
-- owner's entry of the number before. An entry of the house has no such one and carries no balance.
CREATE OR REPLACE FUNCTION fault_of_entry(
    is_owners boolean, e entries, stands transfers, number_before bigint, balance_before bigint
) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN (e).transfer_id IS NULL THEN 'is missing'
        WHEN (stands).id IS NULL THEN 'belongs to no transfer'
        WHEN (e).amount_paise IS DISTINCT FROM CASE (e).account_id WHEN (stands).source_id THEN -(stands).amount_paise
                                                                   WHEN (stands).target_id THEN (stands).amount_paise END
            THEN 'is not what its transfer says'
        WHEN is_owners AND ((e).number > 1) IS DISTINCT FROM (number_before IS NOT NULL) THEN 'follows a gap'
        WHEN is_owners AND (e).balance_after_paise IS DISTINCT FROM coalesce(balance_before, 0) + (e).amount_paise
            THEN 'does not continue the balance before it'
        WHEN NOT is_owners AND (e).balance_after_paise IS NOT NULL THEN 'carries a balance and belongs to the house'
    END
$$;

-- What is wrong with what was given back, in words, or NULL: a refund is one of a payment's, and of a payment no more and
-- no less was given back than its refunds are together. A round adds them up once, at the payment (`adds_up` false at the
-- refund): a payment given back in thousands of pieces would else take a round thousands of times as long.
DROP FUNCTION IF EXISTS fault_of_refunds(transfers);
CREATE OR REPLACE FUNCTION fault_of_refunds(stands transfers, adds_up boolean) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN (stands).kind = 'refund' AND NOT EXISTS (
             SELECT FROM refunds r JOIN refunded_payments p ON p.payment_id = r.payment_id
              WHERE r.id = (stands).id
                AND (p.merchant_id, p.payer_id, r.amount_paise)
                    = ((stands).source_id, (stands).target_id, (stands).amount_paise)
                AND (NOT adds_up OR p.refunded_paise = (SELECT sum(x.amount_paise) FROM refunds x WHERE x.payment_id = p.payment_id)))
            THEN 'gives back what no payment says was given back'
        WHEN (stands).kind = 'payment' AND EXISTS (
             SELECT FROM refunded_payments p
              WHERE p.payment_id = (stands).id
                AND ((p.merchant_id, p.payer_id, p.paid_paise)
                     IS DISTINCT FROM ((stands).target_id, (stands).source_id, (stands).amount_paise)
                     OR p.refunded_paise <> (SELECT coalesce(sum(x.amount_paise), 0) FROM refunds x
                                              WHERE x.payment_id = p.payment_id)))
            THEN 'is a payment of which its refunds give back another amount' END
$$;

-- The equation: what all owners have is what the house's accounts say, and what is on hold is on its way to a bank.
-- True only once every batch of this snapshot has been followed.
CREATE OR REPLACE FUNCTION check_sums(OUT difference_paise bigint, OUT fault text) LANGUAGE plpgsql AS $$
DECLARE
    owned bigint; held bigint; house bigint; in_flight bigint;
BEGIN
    SELECT coalesce(sum(b.balance_paise), 0), coalesce(sum(b.held_paise), 0) INTO owned, held FROM balances b;
    SELECT coalesce(sum(h.total_paise), 0),
           coalesce(sum(h.total_paise) FILTER (WHERE a.name LIKE '%:payouts\_in\_flight'), 0)
      INTO house, in_flight
      FROM house_totals h JOIN accounts a ON a.id = h.account_id;
    difference_paise := owned + house;
    fault := CASE
        WHEN owned <> -house THEN
            'the owners have ' || owned || ' paise, and by the accounts of the house it should be ' || -house
        WHEN held <> in_flight THEN
            held || ' paise are on hold, and ' || in_flight || ' paise are on their way to banks' END;
END $$;

-- Some balance rows, from the one after `p_after`: each equals its newest entry, and what is on hold in it is what its
-- open withdrawals ask for. `last` is where to go on, NULL when the round is over.
CREATE OR REPLACE FUNCTION check_balances(p_after uuid, p_most integer, OUT last uuid, OUT fault text)
LANGUAGE sql AS $$
    WITH few AS MATERIALIZED (
        SELECT b.* FROM balances b WHERE b.account_id > p_after ORDER BY b.account_id LIMIT p_most
    ), judged AS MATERIALIZED (
        SELECT CASE WHEN (s.balance_paise, s.last_number)
                         IS DISTINCT FROM (coalesce(newest.balance_after_paise, 0), coalesce(newest.number, 0))
                    THEN 'account ' || s.account_id || ' has ' || s.balance_paise || ' paise, and its newest entry says '
                         || coalesce(newest.balance_after_paise, 0)
                    WHEN s.held_paise <> asked.paise
                    THEN 'account ' || s.account_id || ' has ' || s.held_paise || ' paise on hold, and its withdrawals '
                         || 'ask for ' || asked.paise END AS words
          FROM few s
          LEFT JOIN LATERAL (SELECT e.number, e.balance_after_paise FROM entries e
                              WHERE e.account_id = s.account_id ORDER BY e.number DESC LIMIT 1) newest ON true
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(w.amount_paise) FILTER (
                          WHERE w.status IN ('queued', 'sending', 'unknown', 'needs_attention')), 0) AS paise
                 FROM withdrawals w
                WHERE w.owner_id = s.account_id
                  AND (w.status IN ('queued', 'sending', 'unknown', 'needs_attention')
                       OR w.doubted_at IS NOT NULL)) asked)
    SELECT CASE WHEN (SELECT count(*) FROM few) = p_most THEN
                (SELECT s.account_id FROM few s ORDER BY s.account_id DESC LIMIT 1) END,
           (SELECT min(j.words) FROM judged j)
$$;

-- Some entries, in the order of accounts and numbers: each is what its transfer says, owners' balances go on from one
-- to the next, and the house's belong to a stretch that is rolled up.
CREATE OR REPLACE FUNCTION check_entries(
    p_account uuid, p_number bigint, p_most integer, OUT last_account uuid, OUT last_number bigint, OUT fault text
) LANGUAGE sql AS $$
    WITH few AS MATERIALIZED (
        SELECT e.account_id, e.number, e FROM entries e WHERE (e.account_id, e.number) > (p_account, p_number)
         ORDER BY e.account_id, e.number LIMIT p_most
    ), judged AS MATERIALIZED (
        SELECT 'entry ' || s.number || ' of account ' || s.account_id || ' ' || coalesce(
                   fault_of_entry(b.account_id IS NOT NULL, s.e, t, before.number, before.balance_after_paise),
                   CASE WHEN b.account_id IS NULL
                             AND NOT EXISTS (SELECT FROM house_totals h
                                              WHERE h.account_id = s.account_id AND h.part = s.number >> 12)
                        THEN 'was never posted' END,
                   -- Once for the two entries of a transfer: with the shop's.
                   CASE WHEN s.account_id = CASE t.kind WHEN 'payment' THEN t.target_id WHEN 'refund' THEN t.source_id END
                        THEN fault_of_refunds(t, t.kind = 'payment') END) AS words
          FROM few s
          LEFT JOIN transfers t ON t.id = (s.e).transfer_id
          LEFT JOIN balances b ON b.account_id = s.account_id
          -- OFFSET 0: looked up by the whole key, and not by the account alone, whose history may be long.
          LEFT JOIN LATERAL (SELECT x.number, x.balance_after_paise FROM entries x
                              WHERE x.account_id = b.account_id AND x.number = s.number - 1 OFFSET 0) before ON true)
    SELECT s.account_id, s.number, (SELECT min(j.words) FROM judged j)
      FROM (SELECT count(*) = p_most AS goes_on FROM few) many
      LEFT JOIN LATERAL (SELECT x.account_id, x.number FROM few x WHERE many.goes_on
                          ORDER BY x.account_id DESC, x.number DESC LIMIT 1) s ON true
$$;

-- Some stretches of the house's entries: as many and as much as was rolled up.
CREATE OR REPLACE FUNCTION check_totals(
    p_account uuid, p_part bigint, p_most integer, OUT last_account uuid, OUT last_part bigint, OUT fault text
) LANGUAGE sql AS $$
    WITH few AS MATERIALIZED (
        SELECT h.* FROM house_totals h WHERE (h.account_id, h.part) > (p_account, p_part)
         ORDER BY h.account_id, h.part LIMIT p_most
    ), judged AS MATERIALIZED (
        SELECT 'account ' || a.name || ' has ' || counted.entries || ' entries of ' || counted.paise
               || ' paise from number ' || (s.part << 12) || ' on, and ' || s.entries || ' of ' || s.total_paise
               || ' were posted' AS words
          FROM few s JOIN accounts a ON a.id = s.account_id
         CROSS JOIN LATERAL (SELECT count(*) AS entries, coalesce(sum(e.amount_paise), 0) AS paise FROM entries e
                              WHERE e.account_id = s.account_id
                                AND e.number >= s.part << 12 AND e.number < (s.part + 1) << 12) counted
         WHERE (counted.entries, counted.paise) <> (s.entries, s.total_paise))
    SELECT s.account_id, s.part, (SELECT min(j.words) FROM judged j)
      FROM (SELECT count(*) = p_most AS goes_on FROM few) many
      LEFT JOIN LATERAL (SELECT x.account_id, x.part FROM few x WHERE many.goes_on
                          ORDER BY x.account_id DESC, x.part DESC LIMIT 1) s ON true
$$;
