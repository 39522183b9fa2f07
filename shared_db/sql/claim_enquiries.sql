-- Hands out payments that their bank is to be asked about now, each to one worker until its lease ends.
--
-- The queue says where to look, the payment's row says whether: most payments are settled long before their time
-- comes, and their place in the queue is cleared here. Payments another transaction holds are left for the next look.
-- Lock order, as everywhere: on-ramps, then the queue.
CREATE OR REPLACE FUNCTION claim_enquiries(p_bank text, p_most integer, p_lease interval)
RETURNS TABLE (id uuid, token text, correlation_id text, version bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    most_looked_at CONSTANT integer := 5000;
    locked uuid[]; open_ones uuid[];
BEGIN
    SELECT array_agg(o.id) INTO locked FROM (
        SELECT o.id FROM enquiry_queue q JOIN on_ramps o ON o.id = q.on_ramp_id
         WHERE q.bank = p_bank AND q.due_at <= clock_timestamp()
         ORDER BY q.due_at LIMIT most_looked_at FOR NO KEY UPDATE OF o SKIP LOCKED) o;

    -- Statements of their own: they see what has been committed up to the lock.
    SELECT array_agg(o.id) INTO open_ones FROM (
        SELECT o.id FROM on_ramps o
         WHERE o.id = ANY (locked) AND o.next_enquiry_at <= clock_timestamp()
         ORDER BY o.next_enquiry_at LIMIT p_most) o;

    DELETE FROM enquiry_queue q USING on_ramps o
     WHERE q.on_ramp_id = ANY (locked) AND o.id = q.on_ramp_id AND o.next_enquiry_at IS NULL;

    RETURN QUERY
    UPDATE on_ramps o SET next_enquiry_at = clock_timestamp() + p_lease
     WHERE o.id = ANY (open_ones)
    RETURNING o.id, o.token, o.correlation_id, o.version;
END $$;
