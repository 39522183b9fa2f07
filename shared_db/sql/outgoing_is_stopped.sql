-- Whether money may leave: not while our books do not add up, and not from a database that was brought back until
-- somebody has compared it with the banks. A backup holds no rows of `restores`: whatever was loaded from one is stopped
-- from its first moment on, also where its restore died before it could say so.
CREATE OR REPLACE FUNCTION outgoing_is_stopped() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM solvency s WHERE s.id = 1 AND s.broken_since IS NOT NULL)
           OR (SELECT coalesce(bool_or(r.opened_at IS NULL), true) FROM restores r)
$$;
