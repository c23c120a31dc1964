-- Links in mails: each is good once, until it expires, and the latest for an address only. One without an identity
-- was asked for with an address that nobody has; it is kept like the others, so that asking costs the same.
CREATE TABLE tickets (
    digest TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    connection TEXT NOT NULL,
    email TEXT NOT NULL,
    provider TEXT,
    id TEXT,
    expires_at BIGINT NOT NULL,
    FOREIGN KEY (provider, id) REFERENCES identities (provider, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX tickets_of_address ON tickets (purpose, connection, email);
CREATE INDEX tickets_of_identity ON tickets (provider, id);
CREATE INDEX tickets_by_end ON tickets (expires_at);
