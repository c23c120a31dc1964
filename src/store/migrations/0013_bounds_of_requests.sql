-- Requests of people who are not known yet are bounded: for each browser, for each network, and in all. Older rows have
-- no network.
ALTER TABLE logins ADD COLUMN network TEXT;
CREATE INDEX logins_of_browser ON logins (browser);
CREATE INDEX logins_of_network ON logins (network);
ALTER TABLE pushed_requests ADD COLUMN network TEXT;
CREATE INDEX pushed_requests_of_network ON pushed_requests (network);

-- The last few links for an address stay good, not the latest only.
DROP INDEX tickets_of_address;
CREATE INDEX tickets_of_address ON tickets (purpose, connection, email);

-- Secrets of the tenant itself, by their purpose.
CREATE TABLE tenant_secrets (
    purpose TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL
);
