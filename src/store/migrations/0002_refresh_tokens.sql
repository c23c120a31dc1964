-- What one code gave a client to refresh. The family is named by the digest of that code, so that a code which
-- is used again finds what it gave, also long after its own row is gone.
CREATE TABLE refresh_families (
    family TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    id TEXT NOT NULL,
    request TEXT NOT NULL,
    sid TEXT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    idle_until BIGINT NOT NULL,
    FOREIGN KEY (provider, id) REFERENCES identities (provider, id) ON DELETE CASCADE
);
CREATE INDEX refresh_families_of_identity ON refresh_families (provider, id);
CREATE INDEX refresh_families_by_end ON refresh_families (expires_at);
CREATE INDEX refresh_families_by_idleness ON refresh_families (idle_until);

-- Every token of a family, the rotated ones too: one that comes again tells that somebody has a copy.
CREATE TABLE refresh_tokens (
    digest TEXT NOT NULL PRIMARY KEY,
    family TEXT NOT NULL REFERENCES refresh_families (family) ON DELETE CASCADE,
    generation BIGINT NOT NULL,
    rotated_at BIGINT
);
CREATE INDEX refresh_tokens_of_family ON refresh_tokens (family, generation);

ALTER TABLE access_tokens ADD COLUMN family TEXT;
CREATE INDEX access_tokens_of_family ON access_tokens (family);
