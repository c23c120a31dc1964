-- Authorization requests that a client pushed (RFC 9126), named by the digest of the secret in their request_uri.
CREATE TABLE pushed_requests (
    digest TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL,
    request TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX pushed_requests_by_end ON pushed_requests (expires_at);

-- Client assertions that were used, until they expire: each is good once (RFC 7523 section 3).
CREATE TABLE client_assertions (
    digest TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX client_assertions_by_end ON client_assertions (expires_at);
