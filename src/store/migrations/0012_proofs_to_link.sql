-- ID tokens that linked an account, until they expire: each is good once.
CREATE TABLE link_proofs (
    digest TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX link_proofs_by_end ON link_proofs (expires_at);

-- The session that took the place of this one in the same browser. Its cookie is no longer good, but it was not signed out.
ALTER TABLE sessions ADD COLUMN replaced_by TEXT;
CREATE INDEX sessions_by_successor ON sessions (replaced_by);
