-- The applications that got tokens in a session and are told when it ends (OpenID Connect Back-Channel Logout 1.0). `ended_by`
-- says what ended it, once it has.
CREATE TABLE session_clients (
    sid TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    ended_by TEXT,
    PRIMARY KEY (sid, client_id)
);
CREATE INDEX session_clients_by_end ON session_clients (ended_by);
