-- What keeps a wallet from being closed: 'balance', 'hold', 'on_ramp', 'withdrawal', in this order; empty: nothing does.
CREATE OR REPLACE FUNCTION closing_obstacles(p_owner uuid) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT array_remove(ARRAY[
               CASE WHEN b.balance_paise > 0 THEN 'balance' END,
               CASE WHEN b.held_paise > 0 THEN 'hold' END,
               CASE WHEN EXISTS (
                   SELECT FROM on_ramps o
                    WHERE o.user_id = p_owner AND (o.status = 'pending' OR o.late_success_at IS NOT NULL))
               THEN 'on_ramp' END,
               CASE WHEN EXISTS (
                   SELECT FROM withdrawals w
                    WHERE w.owner_id = p_owner
                      AND (w.status IN ('queued', 'sending', 'unknown', 'needs_attention')
                           OR w.doubted_at IS NOT NULL))
               THEN 'withdrawal' END], NULL)
      FROM balances b WHERE b.account_id = p_owner
$$;

-- Closes a wallet unless something keeps it open, and says what does.
--
-- Whatever could add to it waits for one of these locks: a withdrawal for the lane, a bank's word for the payment's row,
-- a posting for the balance; a new payment waits for the person's row, which the caller holds. So each of them ends
-- before this looks, and is seen, or begins after it, and finds the wallet closed.
-- Lock order: the person, lanes by owner, then on-ramps by id, then balances by id.
CREATE OR REPLACE FUNCTION close_wallet(p_owner uuid) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    obstacles text[];
BEGIN
    PERFORM 1 FROM lanes WHERE owner_id = p_owner FOR NO KEY UPDATE;
    PERFORM 1 FROM on_ramps
     WHERE user_id = p_owner AND (status = 'pending' OR late_success_at IS NOT NULL)
     ORDER BY id FOR NO KEY UPDATE;
    PERFORM 1 FROM balances WHERE account_id = p_owner FOR NO KEY UPDATE;

    -- A statement of its own: it sees what the locks waited for.
    obstacles := closing_obstacles(p_owner);
    IF cardinality(obstacles) = 0 THEN
        UPDATE balances SET closed_at = clock_timestamp() WHERE account_id = p_owner AND closed_at IS NULL;
        DELETE FROM saved_accounts WHERE owner_id = p_owner;
    END IF;
    RETURN obstacles;
END $$;
