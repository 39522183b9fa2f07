-- The ledger's only writer: posts a batch of movements in one call, each decided alone, in order.
--
-- 1. lock the balance rows of all owners of the batch, in id order: two batches wait, they never block each other
-- 2. see which references stand already. A statement after the lock sees what the lock waited for
-- 3. decide in memory
-- 4. write: transfers, balances, entries, the day's totals, each in a statement of its own. (Locking and updating in
--    ONE statement checks the overdraft rule against the row as it was before the wait, and refuses good transfers.)
-- 5. queue the batch for the solvency watch: one row with the transfers and the numbers of their entries
--
-- Accounts of the house have no balance row and no lock: no batch waits for another because of them.
--
-- A send goes from a person to a person, a payment from a person to a shop, and a refund from a shop to a person. Who
-- is a shop is asked of the few merchants, not of everybody's accounts: a crowd of sends hardly notices the question.
--
-- p_day_limits: how much of this kind may leave the source on one Kolkata day, NULL for no limit. Checked against the
-- day's totals under the lock, so that fifty at once cannot pass it.
DROP FUNCTION IF EXISTS post_transfers(uuid[], text[], text[], uuid[], uuid[], bigint[], uuid[]);
CREATE OR REPLACE FUNCTION post_transfers(
    p_ids uuid[], p_references text[], p_kinds text[], p_sources uuid[], p_targets uuid[],
    p_amounts bigint[], p_holders uuid[], p_notes text[] DEFAULT NULL, p_day_limits bigint[] DEFAULT NULL
) RETURNS TABLE (outcome text, transfer_id uuid) LANGUAGE plpgsql AS $$
DECLARE
    n CONSTANT integer := coalesce(array_length(p_ids, 1), 0);
    owners uuid[]; balances_now bigint[]; held_now bigint[]; numbers bigint[]; frozen boolean[]; closed boolean[];
    house uuid[]; shops uuid[];
    known_references text[]; known_ids uuid[]; known_kinds text[]; known_sources uuid[]; known_targets uuid[];
    known_amounts bigint[];
    outcomes text[] := array_fill('posted'::text, ARRAY[n]);
    ids uuid[] := p_ids;
    source_after bigint[] := array_fill(NULL::bigint, ARRAY[n]); source_number bigint[] := source_after;
    target_after bigint[] := source_after; target_number bigint[] := source_after;
    source_places integer[] := array_fill(NULL::integer, ARRAY[n]); target_places integer[] := source_places;
    limited text[] := '{}'; spent_places integer[]; spent_before bigint[]; spent_today bigint[]; d integer;
    has_twins boolean; is_between_owners boolean; source_sells boolean; target_sells boolean;
    s integer; t integer; h integer; k integer; amount bigint; kind text;
    moment timestamptz; today date; written integer; posted integer := 0;
BEGIN
    SELECT array_agg(b.account_id), array_agg(b.balance_paise), array_agg(b.held_paise), array_agg(b.last_number),
           array_agg(b.frozen_at IS NOT NULL), array_agg(b.closed_at IS NOT NULL)
      INTO owners, balances_now, held_now, numbers, frozen, closed
      FROM (SELECT * FROM balances
             WHERE account_id = ANY (p_sources || p_targets || p_holders)
             ORDER BY account_id FOR NO KEY UPDATE) b;

    SELECT array_agg(a.id) INTO house FROM accounts a
     WHERE a.kind = 'system' AND a.id = ANY (p_sources || p_targets);

    SELECT array_agg(m.id ORDER BY m.id) INTO shops FROM merchants m WHERE m.id = ANY (p_sources || p_targets);

    SELECT array_agg(x.reference), array_agg(x.id), array_agg(x.kind), array_agg(x.source_id),
           array_agg(x.target_id), array_agg(x.amount_paise)
      INTO known_references, known_ids, known_kinds, known_sources, known_targets, known_amounts
      FROM transfers x WHERE x.reference = ANY (p_references);

    moment := clock_timestamp();
    today := (moment AT TIME ZONE 'Asia/Kolkata')::date;
    IF p_day_limits IS NOT NULL THEN
        FOR i IN 1..n LOOP
            IF p_day_limits[i] IS NOT NULL AND p_kinds[i] <> ALL (limited) THEN
                limited := limited || p_kinds[i];
            END IF;
        END LOOP;
        SELECT array_agg((array_position(limited, x.kind) - 1) * array_length(owners, 1)
                         + width_bucket(x.account_id, owners)), array_agg(x.debits_paise)
          INTO spent_places, spent_before
          FROM daily_totals x
         WHERE x.account_id = ANY (p_sources) AND x.day = today AND x.kind = ANY (limited);
        -- What each owner has spent in the first of these kinds, then in the second.
        spent_today := array_fill(0::bigint, ARRAY[cardinality(limited) * coalesce(cardinality(owners), 0)]);
        FOR i IN 1..coalesce(array_length(spent_places, 1), 0) LOOP
            spent_today[spent_places[i]] := spent_before[i];
        END LOOP;
    END IF;
    has_twins := n > 1 AND (SELECT count(DISTINCT x) FROM unnest(p_references) x) < n;

    FOR i IN 1..n LOOP
        amount := p_amounts[i]; kind := p_kinds[i];
        -- They stand in id order, so their places are found by halving.
        s := width_bucket(p_sources[i], owners); t := width_bucket(p_targets[i], owners);
        s := CASE WHEN owners[s] = p_sources[i] THEN s END; t := CASE WHEN owners[t] = p_targets[i] THEN t END;
        h := CASE kind WHEN 'hold' THEN s WHEN 'release' THEN t ELSE array_position(owners, p_holders[i]) END;

        k := array_position(known_references, p_references[i]);
        IF k IS NOT NULL THEN
            outcomes[i] := CASE
                WHEN (known_kinds[k], known_sources[k], known_targets[k], known_amounts[k])
                     = (kind, p_sources[i], p_targets[i], amount) THEN 'duplicate'
                ELSE 'conflict' END;
            ids[i] := known_ids[k];
            CONTINUE;
        END IF;
        -- The same reference twice in one batch: the second caller gets what the first got.
        k := CASE WHEN has_twins THEN array_position(p_references, p_references[i]) END;
        IF k < i THEN
            outcomes[i] := CASE
                WHEN (p_kinds[k], p_sources[k], p_targets[k], p_amounts[k])
                     <> (kind, p_sources[i], p_targets[i], amount) THEN 'conflict'
                WHEN outcomes[k] = 'posted' THEN 'duplicate'
                ELSE outcomes[k] END;
            ids[i] := ids[k];
            CONTINUE;
        END IF;

        d := (array_position(limited, kind) - 1) * array_length(owners, 1) + s;

        is_between_owners := kind IN ('send', 'payment', 'refund');
        source_sells := false; target_sells := false;
        IF is_between_owners AND shops IS NOT NULL THEN
            source_sells := coalesce(shops[width_bucket(p_sources[i], shops)] = p_sources[i], false);
            target_sells := coalesce(shops[width_bucket(p_targets[i], shops)] = p_targets[i], false);
        END IF;

        outcomes[i] := CASE
            WHEN s IS NULL AND (is_between_owners OR array_position(house, p_sources[i]) IS NULL)
              OR t IS NULL AND (is_between_owners OR array_position(house, p_targets[i]) IS NULL)
              OR p_sources[i] = p_targets[i]
              OR is_between_owners AND (source_sells <> (kind = 'refund') OR target_sells <> (kind = 'payment'))
              OR h IS NULL AND kind IN ('hold', 'release', 'capture') THEN 'unknown_account'
            WHEN coalesce(closed[s], false) OR coalesce(closed[t], false) THEN 'closed'
            WHEN spent_today[d] + amount > p_day_limits[i] THEN 'day_limit'
            WHEN coalesce(frozen[s], false) AND kind IN ('send', 'payment', 'hold') THEN 'frozen'
            WHEN balances_now[s] < amount OR kind IN ('release', 'capture') AND held_now[h] < amount
                THEN 'insufficient'
            ELSE 'posted' END;
        IF outcomes[i] <> 'posted' THEN
            ids[i] := NULL;
            CONTINUE;
        END IF;

        posted := posted + 1;
        source_places[i] := s; target_places[i] := t;
        IF d IS NOT NULL THEN
            spent_today[d] := spent_today[d] + amount;
        END IF;
        IF s IS NOT NULL THEN
            balances_now[s] := balances_now[s] - amount; numbers[s] := numbers[s] + 1;
            source_after[i] := balances_now[s]; source_number[i] := numbers[s];
        ELSE
            source_number[i] := nextval('house_entry_numbers');
        END IF;
        IF t IS NOT NULL THEN
            balances_now[t] := balances_now[t] + amount; numbers[t] := numbers[t] + 1;
            target_after[i] := balances_now[t]; target_number[i] := numbers[t];
        ELSE
            target_number[i] := nextval('house_entry_numbers');
        END IF;
        IF kind = 'hold' THEN
            held_now[h] := held_now[h] + amount;
        ELSIF kind IN ('release', 'capture') THEN
            held_now[h] := held_now[h] - amount;
        END IF;
    END LOOP;

    IF posted > 0 THEN
        INSERT INTO transfers (id, reference, kind, source_id, target_id, holder_id, amount_paise, note, created_at)
        SELECT i.id, i.reference, i.kind, i.source, i.target, i.holder, i.amount, i.note, moment
          FROM unnest(p_ids, p_references, p_kinds, p_sources, p_targets, p_holders, p_amounts, p_notes, outcomes)
               AS i (id, reference, kind, source, target, holder, amount, note, result)
         WHERE i.result = 'posted'
        ON CONFLICT (reference) DO NOTHING;
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written <> posted THEN
            -- Someone else posted one of these references since we looked, on accounts we do not share a lock
            -- for. The caller runs the batch again and finds it.
            RAISE serialization_failure USING MESSAGE = 'a reference was posted meanwhile';
        END IF;

        UPDATE balances b
           SET balance_paise = u.balance, held_paise = u.held, last_number = u.number
          FROM unnest(owners, balances_now, held_now, numbers) AS u (id, balance, held, number)
         WHERE b.account_id = u.id
           AND (b.last_number <> u.number OR b.held_paise <> u.held);

        INSERT INTO entries (account_id, number, transfer_id, amount_paise, balance_after_paise, created_at)
        SELECT side.account, side.number, side.transfer, side.amount, side.after, moment
          FROM unnest(p_ids, p_sources, p_targets, p_amounts, outcomes,
                      source_after, source_number, target_after, target_number)
               AS i (transfer, source, target, amount, result, source_after, source_number, target_after, target_number)
         CROSS JOIN LATERAL (VALUES
               (i.source, i.source_number, i.transfer, -i.amount, i.source_after),
               (i.target, i.target_number, i.transfer, i.amount, i.target_after)
               ) AS side (account, number, transfer, amount, after)
         WHERE i.result = 'posted';

        -- All rows of one account that a batch touches have the balance and the running number after the batch.
        INSERT INTO daily_totals AS total
               (account_id, day, kind, transfers, credits_paise, debits_paise, closing_paise, last_number)
        SELECT side.account, today, side.kind, count(*), coalesce(sum(side.amount) FILTER (WHERE side.amount > 0), 0),
               coalesce(-sum(side.amount) FILTER (WHERE side.amount < 0), 0),
               balances_now[min(side.place)], numbers[min(side.place)]
          FROM unnest(p_sources, p_targets, p_kinds, p_amounts, source_places, target_places)
               AS i (source, target, kind, amount, source_place, target_place)
         CROSS JOIN LATERAL (VALUES
               (i.source, i.kind, -i.amount, i.source_place), (i.target, i.kind, i.amount, i.target_place)
               ) AS side (account, kind, amount, place)
         WHERE side.place IS NOT NULL
         GROUP BY side.account, side.kind
        ON CONFLICT ON CONSTRAINT daily_totals_pkey DO UPDATE
           SET transfers = total.transfers + EXCLUDED.transfers,
               credits_paise = total.credits_paise + EXCLUDED.credits_paise,
               debits_paise = total.debits_paise + EXCLUDED.debits_paise,
               closing_paise = EXCLUDED.closing_paise, last_number = EXCLUDED.last_number;

        INSERT INTO posted_batches (transfer_ids, source_numbers, target_numbers)
        VALUES (ids, source_number, target_number);
    END IF;

    RETURN QUERY SELECT u.result, u.id FROM unnest(outcomes, ids) WITH ORDINALITY AS u (result, id, place)
                  ORDER BY u.place;
END $$;
