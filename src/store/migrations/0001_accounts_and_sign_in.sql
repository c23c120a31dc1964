-- TEXT and BIGINT only, so that one set of statements serves SQLite and PostgreSQL.
-- Times are milliseconds since the Unix epoch; JSON is text; truth is 0 or 1.

CREATE TABLE users (
    user_id TEXT NOT NULL PRIMARY KEY,
    user_metadata TEXT,
    app_metadata TEXT,
    blocked BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_login BIGINT,
    last_ip TEXT,
    logins_count BIGINT NOT NULL
);

-- The one uniqueness rule over root and linked identities: a provider's id exists once in a tenant.
-- Linking and unlinking move the row; the profile travels with it, and the one at the lowest position is
-- the user's root profile. The reference is deferred because unlinking moves the row first, as its guard.
CREATE TABLE identities (
    provider TEXT NOT NULL,
    id TEXT NOT NULL,
    id_is_integer BIGINT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    position BIGINT NOT NULL,
    connection TEXT NOT NULL,
    is_social BIGINT NOT NULL,
    profile TEXT NOT NULL,
    PRIMARY KEY (provider, id)
);
CREATE INDEX identities_of_user ON identities (user_id, position);
CREATE INDEX identities_of_connection ON identities (connection, id);

-- A password belongs to the connection, not to the user: it survives link and unlink.
CREATE TABLE credentials (
    connection TEXT NOT NULL,
    login TEXT NOT NULL,
    provider TEXT NOT NULL,
    id TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    PRIMARY KEY (connection, login),
    FOREIGN KEY (provider, id) REFERENCES identities (provider, id) ON DELETE CASCADE
);
CREATE INDEX credentials_of_identity ON credentials (provider, id);

-- Secrets are kept as digests only: whoever reads these tables can use none of them.
CREATE TABLE sessions (
    digest TEXT NOT NULL PRIMARY KEY,
    sid TEXT NOT NULL,
    provider TEXT NOT NULL,
    id TEXT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    FOREIGN KEY (provider, id) REFERENCES identities (provider, id) ON DELETE CASCADE
);
CREATE INDEX sessions_of_identity ON sessions (provider, id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Authorization requests that wait for a person to sign in.
CREATE TABLE logins (
    digest TEXT NOT NULL PRIMARY KEY,
    browser TEXT NOT NULL,
    request TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX logins_by_end ON logins (expires_at);

CREATE TABLE codes (
    digest TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    id TEXT NOT NULL,
    request TEXT NOT NULL,
    sid TEXT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    FOREIGN KEY (provider, id) REFERENCES identities (provider, id) ON DELETE CASCADE
);
CREATE INDEX codes_of_identity ON codes (provider, id);
CREATE INDEX codes_by_end ON codes (expires_at);

-- Opaque access tokens, for /userinfo only.
CREATE TABLE access_tokens (
    digest TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    id TEXT NOT NULL,
    scope TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    FOREIGN KEY (provider, id) REFERENCES identities (provider, id) ON DELETE CASCADE
);
CREATE INDEX access_tokens_of_identity ON access_tokens (provider, id);
CREATE INDEX access_tokens_by_end ON access_tokens (expires_at);

CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    pem TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
