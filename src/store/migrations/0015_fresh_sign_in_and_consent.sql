-- When the person signed in who stands behind a token, so that a change can ask for a recent sign-in. Tokens of before have
-- no time and count as old.
ALTER TABLE access_tokens ADD COLUMN authenticated_at BIGINT;

-- What a user allowed an application: the scopes of one API, or of none (empty audience).
CREATE TABLE consents (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    scope TEXT NOT NULL,
    UNIQUE (user_id, client_id, audience)
);
