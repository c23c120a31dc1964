-- The Management API finds sessions, and what was issued in them, by the session id.
CREATE INDEX sessions_of_sid ON sessions (sid);
CREATE INDEX codes_of_sid ON codes (sid);
CREATE INDEX refresh_families_of_sid ON refresh_families (sid, client_id);
