-- One look at the books, by one worker at a time: what was posted since the last look; then, when it is time, the sums
-- over all balances, and a few more rows of the round over everything. To be called in a REPEATABLE READ transaction:
-- what is added up is one snapshot.
--
-- The look at what was posted costs what was posted. The other two cost what the books are large, and are followed by
-- a pause of 50 times what they took (5 times while something is wrong, so that its end is seen soon).
-- A round that has found a fault stays where it is until the fault is gone.
--
-- Rows are read in the order of their keys, and a plan from when a table was small must not sort the whole of it later.
CREATE OR REPLACE FUNCTION watch_books(p_pause interval)
RETURNS TABLE (looked boolean, behind boolean, verdict solvency) LANGUAGE plpgsql SET enable_bitmapscan = off AS $$
DECLARE
    most_batches CONSTANT integer := 200;
    most_balances CONSTANT integer := 1000;
    most_entries CONSTANT integer := 5000;
    most_totals CONSTANT integer := 20;
    nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
    books solvency; batches integer; began timestamptz;
    balances record; entries record; totals record;
BEGIN
    SELECT * INTO books FROM solvency s
     WHERE s.id = 1 AND s.followed_at <= clock_timestamp() - p_pause FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN QUERY SELECT false, false, s FROM solvency s WHERE s.id = 1;
        RETURN;
    END IF;

    SELECT f.batches, f.fault INTO batches, books.postings_fault FROM follow_postings(most_batches) f;
    books.followed_at := clock_timestamp();
    IF batches < most_batches AND books.postings_fault IS NULL THEN
        began := clock_timestamp();
        IF began >= books.sums_due_at THEN
            SELECT c.difference_paise, c.fault INTO books.difference_paise, books.sums_fault FROM check_sums() c;
            books.sums_due_at := pause_after(began, books.sums_fault);
        END IF;
        began := clock_timestamp();
        IF began >= books.rows_due_at THEN
            SELECT * INTO balances FROM check_balances(coalesce(books.next_balance, nobody), most_balances);
            SELECT * INTO entries FROM check_entries(
                coalesce(books.next_entry_account, nobody), coalesce(books.next_entry_number, 0), most_entries);
            SELECT * INTO totals FROM check_totals(
                coalesce(books.next_total_account, nobody), coalesce(books.next_total_part, 0), most_totals);
            IF balances.fault IS NULL THEN
                books.next_balance := balances.last;
            END IF;
            IF entries.fault IS NULL THEN
                books.next_entry_account := entries.last_account; books.next_entry_number := entries.last_number;
            END IF;
            IF totals.fault IS NULL THEN
                books.next_total_account := totals.last_account; books.next_total_part := totals.last_part;
            END IF;
            books.rows_fault := coalesce(balances.fault, entries.fault, totals.fault);
            books.rows_due_at := pause_after(began, books.rows_fault);
        END IF;
    END IF;
    books.broken_since := CASE WHEN coalesce(books.postings_fault, books.sums_fault, books.rows_fault) IS NOT NULL
                               THEN coalesce(books.broken_since, clock_timestamp()) END;

    UPDATE solvency s
       SET broken_since = books.broken_since, difference_paise = books.difference_paise,
           postings_fault = books.postings_fault, sums_fault = books.sums_fault, rows_fault = books.rows_fault,
           followed_at = books.followed_at, sums_due_at = books.sums_due_at, rows_due_at = books.rows_due_at,
           next_balance = books.next_balance, next_entry_account = books.next_entry_account,
           next_entry_number = books.next_entry_number, next_total_account = books.next_total_account,
           next_total_part = books.next_total_part
     WHERE s.id = 1;
    RETURN QUERY SELECT true, batches = most_batches AND books.postings_fault IS NULL, books;
END $$;

-- When what began then is due again.
CREATE OR REPLACE FUNCTION pause_after(p_began timestamptz, p_fault text) RETURNS timestamptz LANGUAGE sql AS $$
    SELECT now.at + CASE WHEN p_fault IS NULL THEN greatest(50 * (now.at - p_began), interval '2 seconds')
                         ELSE greatest(5 * (now.at - p_began), interval '1 second') END
      FROM clock_timestamp() AS now (at)
$$;

-- Rolls the house's entries up anew, for a person who has written entries by hand that `verify` would else agree with:
-- nothing had told the watch of them. Whoever posts waits meanwhile.
CREATE OR REPLACE FUNCTION roll_up_house_anew() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE entries IN SHARE MODE;
    UPDATE house_totals SET entries = 0, total_paise = 0;
    INSERT INTO house_totals AS total (account_id, part, entries, total_paise)
    SELECT e.account_id, e.number >> 12, count(*), sum(e.amount_paise)
      FROM entries e JOIN accounts a ON a.id = e.account_id WHERE a.kind = 'system' GROUP BY 1, 2
    ON CONFLICT ON CONSTRAINT house_totals_pkey DO UPDATE
       SET entries = EXCLUDED.entries, total_paise = EXCLUDED.total_paise;
    DELETE FROM posted_batches;
END $$;
