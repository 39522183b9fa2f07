-- Looks at batches that were posted since the last look, rolls the house's entries up, and takes them off the queue.
--
-- Whatever stands in the queue in this snapshot is committed and was never followed, so nothing is missed and nothing
-- counted twice, in whatever order batches are committed. Where something is wrong nothing is taken off: the same
-- batches are looked at again each time, until somebody has put it right. To be called by `watch_books`, under its
-- row's lock.
--
-- Of each transfer: it is there, with exactly the two entries that its batch says, and they are what it says; owners'
-- numbers and balances go on from the entry before; a refund belongs to a payment. Of each owner: the balance row equals
-- the newest entry, and that one was posted.
CREATE OR REPLACE FUNCTION follow_postings(p_most integer)
RETURNS TABLE (batches integer, fault text) LANGUAGE plpgsql AS $$
DECLARE
    taken bigint[];
BEGIN
    taken := ARRAY(SELECT q.number FROM posted_batches q ORDER BY q.number LIMIT p_most);
    IF cardinality(taken) = 0 THEN
        RETURN QUERY SELECT 0, NULL::text;
        RETURN;
    END IF;

    RETURN QUERY
    WITH sides AS MATERIALIZED (
        SELECT u.id AS transfer, side.account, side.number, (e.it).amount_paise, b.account_id IS NULL AS is_house,
               b.balance_paise, b.last_number,
               coalesce(
                   CASE WHEN (e.it).transfer_id <> u.id THEN 'belongs to another transfer' END,
                   fault_of_entry(b.account_id IS NOT NULL, e.it, t, before.number, before.balance_after_paise),
                   CASE WHEN b.account_id IS NULL
                             AND NOT EXISTS (SELECT FROM accounts a WHERE a.id = side.account AND a.kind = 'system')
                        THEN 'is nobody''s' END,
                   CASE WHEN t.kind = 'refund' THEN fault_of_refunds(t, true) END) AS fault
          FROM posted_batches q
         CROSS JOIN LATERAL unnest(q.transfer_ids, q.source_numbers, q.target_numbers)
               AS u (id, source_number, target_number)
          LEFT JOIN transfers t ON t.id = u.id
         CROSS JOIN LATERAL (VALUES (t.source_id, u.source_number), (t.target_id, u.target_number))
               AS side (account, number)
          LEFT JOIN balances b ON b.account_id = side.account
          -- OFFSET 0: looked up by the whole key, and not by the account alone, whose history may be long.
          LEFT JOIN LATERAL (SELECT x AS it FROM entries x
                              WHERE x.account_id = side.account AND x.number = side.number OFFSET 0) e ON true
          LEFT JOIN LATERAL (SELECT x.number, x.balance_after_paise FROM entries x
                              WHERE x.account_id = b.account_id AND x.number = side.number - 1 OFFSET 0) before ON true
         WHERE q.number = ANY (taken) AND u.source_number IS NOT NULL
    ), owners AS MATERIALIZED (
        SELECT s.account, min(s.balance_paise) AS balance_paise, min(s.last_number) AS last_number,
               max(s.number) AS posted
          FROM sides s WHERE NOT s.is_house GROUP BY s.account
    ), faults AS MATERIALIZED (
        SELECT 'entry ' || s.number || ' of account ' || coalesce(s.account::text, '?') || ' (transfer ' || s.transfer
               || ') ' || s.fault AS words
          FROM sides s WHERE s.fault IS NOT NULL
         UNION ALL
        SELECT 'account ' || o.account || ' has ' || o.balance_paise || ' paise after ' || o.last_number
               || ' entries; its newest one has number ' || newest.number || ' and says ' || newest.balance_after_paise
               || ', the newest one posted has number ' || o.posted
          FROM owners o
         CROSS JOIN LATERAL (SELECT e.number, e.balance_after_paise FROM entries e
                              WHERE e.account_id = o.account ORDER BY e.number DESC LIMIT 1) newest
         WHERE (o.balance_paise, o.last_number) IS DISTINCT FROM (newest.balance_after_paise, newest.number)
            -- Once the whole queue is taken, nothing newer than what is in it can have been posted.
            OR cardinality(taken) < p_most AND newest.number <> o.posted
    ), rolled_up AS (
        INSERT INTO house_totals AS total (account_id, part, entries, total_paise)
        SELECT s.account, s.number >> 12, count(*), sum(s.amount_paise) FROM sides s
         WHERE s.is_house AND NOT EXISTS (SELECT FROM faults)
         GROUP BY 1, 2
        ON CONFLICT ON CONSTRAINT house_totals_pkey DO UPDATE
           SET entries = total.entries + EXCLUDED.entries, total_paise = total.total_paise + EXCLUDED.total_paise
    ), followed AS (
        DELETE FROM posted_batches q WHERE q.number = ANY (taken) AND NOT EXISTS (SELECT FROM faults)
    )
    SELECT cardinality(taken), (SELECT min(f.words) FROM faults f);
END $$;
