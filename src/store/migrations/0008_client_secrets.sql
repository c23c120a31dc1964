-- The secrets that were made for clients whose secret is not in the tenant file.
CREATE TABLE client_secrets (
    client_id TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
