-- Gives back a part of a payment, or all that is left of it, in one transaction: the payment's row, the refund with its
-- reason, and the money.
--
-- A refund's reference is its payment and what had been given back before it (docs/decisions/0020): of all who ask on
-- one and the same state of a payment, the first is granted, and the others find what stands there.
--
-- 'refunded'; 'duplicate': this very refund stands already; 'changed': another one does, or what was given back before
-- is not what the caller saw; 'unknown': no payment of this shop's; 'above_left'; or what the ledger said
-- ('insufficient', 'closed'). Whatever is not 'refunded' is to be rolled back: the payment's row is written here before
-- anything is decided, because its lock is the payment's.
-- Lock order: the payment's row, then balances by id.
CREATE OR REPLACE FUNCTION refund_payment(
    p_id uuid, p_merchant uuid, p_payment uuid, p_before bigint, p_amount bigint, p_reason text
) RETURNS TABLE (outcome text, refund_id uuid, payer_id uuid, left_paise bigint, available_paise bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    key CONSTANT text := 'refund:' || p_payment || ':' || p_before;
    paid transfers; given bigint; answer text; stands refunds; rest bigint;
BEGIN
    SELECT * INTO paid FROM transfers t WHERE (t.id, t.kind, t.target_id) = (p_payment, 'payment', p_merchant);
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'unknown', NULL::uuid, NULL::uuid, 0::bigint, 0::bigint;
        RETURN;
    END IF;
    INSERT INTO refunded_payments (payment_id, merchant_id, payer_id, paid_paise, refunded_paise)
    VALUES (paid.id, paid.target_id, paid.source_id, paid.amount_paise, 0)
    ON CONFLICT DO NOTHING;
    SELECT p.refunded_paise INTO given FROM refunded_payments p WHERE p.payment_id = paid.id FOR NO KEY UPDATE;
    rest := paid.amount_paise - given;

    -- Statements of their own: they see what the lock waited for.
    SELECT r.* INTO stands
      FROM transfers t JOIN refunds r ON r.id = t.id WHERE t.reference = key;
    IF stands.id IS NOT NULL THEN
        answer := CASE WHEN stands.amount_paise = p_amount THEN 'duplicate' ELSE 'changed' END;
    ELSIF given <> p_before THEN
        answer := 'changed';
    ELSIF p_amount > rest THEN
        answer := 'above_left';
    ELSE
        SELECT t.outcome INTO answer
          FROM post_transfers(ARRAY[p_id], ARRAY[key], ARRAY['refund'], ARRAY[paid.target_id],
                              ARRAY[paid.source_id], ARRAY[p_amount], ARRAY[NULL]::uuid[], ARRAY[p_reason]) t;
    END IF;

    IF answer IN ('duplicate', 'conflict') AND stands.id IS NULL THEN
        answer := 'changed';
    ELSIF answer = 'posted' THEN
        INSERT INTO refunds (id, payment_id, amount_paise, reason, created_at)
        SELECT t.id, paid.id, t.amount_paise, p_reason, t.created_at FROM transfers t WHERE t.id = p_id;
        UPDATE refunded_payments p SET refunded_paise = p.refunded_paise + p_amount WHERE p.payment_id = paid.id;
        answer := 'refunded';
        rest := rest - p_amount;
    END IF;
    RETURN QUERY
    SELECT answer, CASE answer WHEN 'refunded' THEN p_id WHEN 'duplicate' THEN stands.id END, paid.source_id, rest,
           b.balance_paise
      FROM balances b WHERE b.account_id = paid.target_id;
END $$;
